/** Runs in the page: contenders by number, each in a worker. The benchmark calls it from outside. */
import { wrap } from 'comlink'

const workers = new Map()

globalThis.contenders = {
  async open(id, module, ...args) {
    const worker = new Worker('/bundles/worker.js', { type: 'module' })
    workers.set(id, worker)
    const failure = new Promise((_, reject) => {
      worker.onerror = ({ message }) => reject(new Error(message))
    })
    failure.catch(() => {})
    worker.api = wrap(worker)
    worker.failure = failure
    return this.call(id, 'open', `/bundles/${module}.js`, ...args)
  },

  call(id, method, ...args) {
    const { api, failure } = workers.get(id)
    return Promise.race([api[method](...args), failure])
  },

  close(id) {
    workers.get(id)?.terminate()
    workers.delete(id)
  },
}
