import { existsSync } from 'node:fs'
import { launch } from 'puppeteer-core'
import type { EngineTab } from './engine-tab.ts'

const places = ['/usr/bin/firefox-esr', '/usr/bin/firefox']

/** Opens a tab in the system's headless Firefox over WebDriver BiDi. Disposing of it closes the browser. */
export async function openFirefox(): Promise<EngineTab> {
  const executablePath = places.find((path) => existsSync(path))
  if (!executablePath) throw new Error('no Firefox; on Debian: apt-get install firefox-esr')
  const browser = await launch({ browser: 'firefox', executablePath, headless: true })
  const page = await browser.newPage()
  await page.setViewport({ width: 1280, height: 800 })
  return {
    open: async (url) => void (await page.goto(url)),
    reload: async () => void (await page.reload()),
    run: async <Value>(expression: string) => (await page.evaluate(expression)) as Value,
    click: (selector) => page.click(selector),
    type: (text) => page.keyboard.type(text),
    press: (key) => page.keyboard.press(key),
    [Symbol.asyncDispose]: () => browser.close()
  }
}
