/**
 * Runs in a page of its own, on its main thread: loads a contender and makes a list, as a shop does when
 * a shopper arrives. What it is to do stands in its address.
 */
import { pageFiles } from './page-files.mjs'
import { watchMemories } from './watch-memories.mjs'

const wasmBytes = watchMemories()
const { module, address, history, options } = JSON.parse(
  new URLSearchParams(location.search).get('run'),
)
const { create } = await import(`/bundles/${module}.js`)
const contender = await create({ ...options, ...pageFiles(address) })
contender.start(history)
await contender.list()
const firstListMs = performance.now() // since the navigation
const loadedBytes = wasmBytes()
globalThis.firstList = { firstListMs, callMs: await timeOfCall(), wasmBytes: loadedBytes }

/** Milliseconds from the call to the list, many calls together, the history as it is. */
async function timeOfCall() {
  const timeOf = async (count) => {
    const start = performance.now()
    for (let i = 0; i < count; ++i) await contender.list()
    return (performance.now() - start) / count
  }
  const inBatch = Math.max(1, Math.ceil(5 / (await timeOf(20))))
  const times = []
  for (let i = 0; i < 9; ++i) times.push(await timeOf(inBatch))
  return times.sort((a, b) => a - b)[4]
}
