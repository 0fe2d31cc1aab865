/** Contenders in Chromium, each in a worker of one page. */
import { launch } from '../../../support/browser.mjs'
import { startServer } from './server.mjs'

export async function openChromium() {
  const server = await startServer()
  const browser = await launch()
  const page = await browser.newPage()
  await page.goto(server.address)
  await page.waitForFunction(() => globalThis.contenders)
  const inPage = (method, ...args) =>
    page.evaluate(([method, args]) => globalThis.contenders[method](...args), [method, args])
  let count = 0
  return {
    /** The contender of `module`, with files of `folder`: `{ clockStep, round, close }`. */
    async open(module, folder, options) {
      const id = ++count
      const close = () => inPage('close', id)
      try {
        const clockStep = await inPage('open', id, module, server.serve(folder), options)
        return { clockStep, round: (...args) => inPage('call', id, 'round', ...args), close }
      } catch (error) {
        await close()
        throw error
      }
    },
    async close() {
      await browser.close()
      server.close()
    },
  }
}
