/** One contender in a worker of its own, in Node or in the page: loads it and times its lists. */
import { expose } from 'comlink'
import { pageFiles } from './page-files.mjs'

const isNode = globalThis.process?.versions?.node !== undefined
const filesIn = isNode ? nodeFiles : pageFiles
let contender

const api = {
  /** `module` makes the contender, from `options.file` in the folder at `address`. Returns the clock's step. */
  async open(module, address, options) {
    const { create } = await import(module)
    contender = await create({ ...options, ...filesIn(address) })
    return clockStep()
  },

  /**
   * Times a list after each of `clicks`, from the click to the list, for a shopper of `history`. The
   * first one finds cold caches; the others are timed together where `inBatch`. In milliseconds.
   */
  async round({ history, clicks, inBatch }) {
    contender.start(history)
    const lists = []
    const timeOf = async (items) => {
      const start = performance.now()
      for (const item of items) {
        contender.click(item)
        lists.push(await contender.list())
      }
      return (performance.now() - start) / items.length
    }
    const [first, ...others] = clicks
    const cold = await timeOf([first])
    const warm = []
    for (const items of inBatch ? [others] : others.map((item) => [item])) {
      warm.push(await timeOf(items))
    }
    return { cold, warm, lists: lists.map((list) => Array.from(list)) }
  },
}

function nodeFiles(address) {
  return {
    async load(file) {
      const { readFile } = await import('node:fs/promises')
      const { buffer, byteOffset, length } = await readFile(new URL(file, address))
      return length === buffer.byteLength ? buffer : buffer.slice(byteOffset, byteOffset + length)
    },
    address: (file) => new URL(file, address),
  }
}

/** The smallest time that the clock can tell, in milliseconds. */
function clockStep() {
  let step = Number.POSITIVE_INFINITY
  for (let i = 0; i < 100; ++i) {
    const start = performance.now()
    let now = start
    while (now === start) now = performance.now()
    step = Math.min(step, now - start)
  }
  return step
}

if (isNode) {
  const { parentPort } = await import('node:worker_threads')
  const { default: nodeEndpoint } = await import('comlink/dist/esm/node-adapter.mjs')
  expose(api, nodeEndpoint(parentPort))
} else {
  expose(api)
}
