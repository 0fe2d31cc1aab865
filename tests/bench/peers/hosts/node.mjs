/** Contenders in Node, each in a worker thread. */
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'

export async function openNode() {
  return {
    /** The contender of `module`, with files of `folder`: `{ clockStep, round, close }`. */
    async open(module, folder, options) {
      const worker = new Worker(new URL('worker.mjs', import.meta.url))
      const failure = new Promise((_, reject) => worker.on('error', reject))
      const api = wrap(nodeEndpoint(worker))
      const call = (method, ...args) => Promise.race([api[method](...args), failure])
      const path = new URL(`../contenders/${module}.mjs`, import.meta.url).href
      const close = () => worker.terminate()
      try {
        const clockStep = await call('open', path, pathToFileURL(`${folder}/`).href, options)
        return { clockStep, round: (...args) => call('round', ...args), close }
      } catch (error) {
        await close()
        throw error
      }
    },
    async close() {},
  }
}
