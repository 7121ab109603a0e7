import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** Barriers that axe finds in a page as it stands once it has come to rest, each with where it is. */
export async function violations(page: Page): Promise<string[]> {
  // What is only half there has less contrast.
  await page.evaluate(`Promise.allSettled(
    document.getAnimations()
      .filter(({ effect }) => effect.getComputedTiming().iterations !== Infinity)
      .map(({ finished }) => finished)
  )`)
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
