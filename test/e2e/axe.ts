import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'

/** Barriers that axe finds in a page as it stands, each with where it is. */
export async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze()
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
}
