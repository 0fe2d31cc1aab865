/** Contenders in workers of a page, in whichever browser `openPage` opens at an address. */
import { startServer } from './server.mjs'

export async function openContenders(openPage) {
  const server = await startServer()
  const page = await openPage(server.address)
  let count = 0
  return {
    /** The contender of `module`, with files of `folder`: `{ clockStep, round, close }`. */
    async open(module, folder, options) {
      const id = ++count
      const close = () => page.call('close', [id])
      try {
        const clockStep = await page.call('open', [id, module, server.serve(folder), options])
        return { clockStep, round: (...args) => page.call('call', [id, 'round', ...args]), close }
      } catch (error) {
        await close()
        throw error
      }
    },
    async close() {
      await page.close()
      server.close()
    },
  }
}
