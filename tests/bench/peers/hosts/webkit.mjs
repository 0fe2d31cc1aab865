/** Contenders in WebKit, each in a worker of one page. */
import { setTimeout as delay } from 'node:timers/promises'
import { missing, openWebKit } from '../../../support/other-browsers.mjs'
import { openContenders } from './browser.mjs'

const call = `
  const [method, args, done] = arguments
  Promise.try(() => globalThis.contenders[method](...args)).then(
    (value) => done({ value }),
    (error) => done({ error: String(error?.message ?? error) }))`

export const missingWebKit = missing.webkit

export function openWebKitHost() {
  return openContenders(async (address) => {
    const page = await openWebKit(address)
    while (!(await page.run('sync', 'return Boolean(globalThis.contenders)'))) await delay(50)
    return {
      async call(method, args) {
        const { value, error } = await page.run('async', call, method, args)
        if (error !== undefined) throw new Error(error)
        return value
      },
      close: () => page.close(),
    }
  })
}
