/** Contenders in Chromium, each in a worker of one page. */
import { launch } from '../../../support/browser.mjs'
import { openContenders } from './browser.mjs'

export function openChromium() {
  return openContenders(async (address) => {
    const browser = await launch()
    const page = await browser.newPage()
    await page.goto(address)
    await page.waitForFunction(() => globalThis.contenders)
    return {
      call: (method, args) =>
        page.evaluate(([method, args]) => globalThis.contenders[method](...args), [method, args]),
      close: () => browser.close(),
    }
  })
}
