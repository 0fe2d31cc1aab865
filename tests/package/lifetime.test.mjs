/** Who frees what, and what is left after a failure. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { execPath } from 'node:process'
import { suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createRecommender } from 'vitrine'
import {
  popularityStore,
  sampleProducts,
  vaeStore,
  writeTensorFile,
} from '../support/store-writer.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const model = writeTensorFile(popularityStore(sampleProducts(10)))
const view = { event: 'view_item', items: [{ item_id: 'SKU-1' }] }

suite('a closed recommender', () => {
  test('says so in every call', async () => {
    const recommender = await createRecommender({ model })
    recommender.close()
    const closed = { name: 'VitrineError', code: 'closed' }
    await assert.rejects(recommender.recommend(), closed)
    for (const call of ['history', 'clear', 'features', 'describe']) {
      assert.throws(() => recommender[call](), closed, call)
    }
    assert.throws(() => recommender.track(view), closed)
  })

  test('may be closed again', async () => {
    const recommender = await createRecommender({ model })
    recommender.close()
    recommender.close()
  })

  test('is what Symbol.dispose leaves', async () => {
    const recommender = await createRecommender({ model })
    recommender[Symbol.dispose]()
    assert.throws(() => recommender.history(), { code: 'closed' })
  })
})

test('recommenders know nothing of each other', async () => {
  const [one, other] = await Promise.all([
    createRecommender({ model }),
    createRecommender({ model }),
  ])
  one.track(view)
  assert.deepEqual(other.history(), [])
  one.close()
  assert.equal((await other.recommend({ count: 1 })).items[0].id, 'SKU-0')
})

test('memory that grows during a call does not tear the results', async () => {
  // A catalogue whose scores alone outgrow the first megabyte, twice over.
  const products = Array.from({ length: 400_000 }, (_, i) => ({ id: `${i}` }))
  const large = writeTensorFile(popularityStore(products))
  const recommender = await createRecommender({ model: large })
  const exclude = products.slice(0, 200_000).map(({ id }) => id)
  const { items } = await recommender.recommend({ count: 200_000, exclude })
  assert.equal(items.length, 200_000)
  assert.deepEqual([items[0].id, items.at(-1).id], ['200000', '399999'])
  for (let i = 0; i < 50_000; i++) recommender.track({ event: 'view', id: `${i}` })
  assert.equal(recommender.history().length, 50_000)
  assert.equal(recommender.history()[49_999].id, '49999')
})

test('the engine takes little more memory than the file it holds', async (t) => {
  const memories = []
  const { instantiate } = WebAssembly
  t.mock.method(WebAssembly, 'instantiate', async (...args) => {
    const instance = await instantiate(...args)
    memories.push(
      ...Object.values(instance.exports).filter((it) => it instanceof WebAssembly.Memory),
    )
    return instance
  })
  const shape = { hidden: 600, latent: 200, dtype: 'int8' }
  const file = writeTensorFile(vaeStore(sampleProducts(20_000), shape))
  const recommender = await createRecommender({ model: file })
  await recommender.recommend({ count: 20 })
  assert.equal(memories.length, 1)
  const { byteLength } = memories[0].buffer
  assert.ok(byteLength <= 1.2 * file.length + 8e6, `${byteLength} bytes for ${file.length}`)
  recommender.close()
})

test('after a trap every call says so, and close still works', async () => {
  // An engine that may not grow far: at some length the history has no room.
  const recommender = await createRecommender({ model: largeModel(), wasm: limitedWasm(80) })
  const aborted = { name: 'VitrineError', code: 'aborted', message: /create another/ }
  assert.throws(() => {
    for (let i = 0; i < 200_000; i++) recommender.track({ event: 'view', id: '1' })
  }, aborted)
  assert.throws(() => recommender.track(view), aborted)
  await assert.rejects(recommender.recommend({ count: 12 }), aborted)
  assert.throws(() => recommender.history(), aborted)
  recommender.close()
  assert.throws(() => recommender.history(), { code: 'closed' })
})

test('a model larger than the memory is out-of-memory, and nothing else', async () => {
  await assert.rejects(createRecommender({ model: largeModel(), wasm: limitedWasm(32) }), {
    name: 'VitrineError',
    code: 'out-of-memory',
    message: /bytes could not be allocated; use a smaller model/,
  })
})

function largeModel() {
  return writeTensorFile(
    popularityStore(Array.from({ length: 140_000 }, (_, i) => ({ id: `${i}` }))),
  )
}

/** The engine with a maximum of `pages` (64 KiB each) for its memory. */
function limitedWasm(pages) {
  const bytes = [...readFileSync(new URL(import.meta.resolve('vitrine/engine.wasm')))]
  let at = 8
  const number = () => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      value += (byte & 127) * 2 ** shift
      if (byte < 128) return value
    }
  }
  for (;;) {
    const section = bytes[at++]
    const start = at
    const length = number()
    if (section === 5) {
      const limits = [1, 1, ...encode(16), ...encode(pages)] // one memory, with a maximum
      bytes.splice(start, at - start + length, limits.length, ...limits)
      return new Uint8Array(bytes)
    }
    at += length
  }
}

function encode(number) {
  return number < 128 ? [number] : [(number & 127) | 128, ...encode(number >> 7)]
}

test('a recommender dropped without close gives its memory back', { timeout: 120_000 }, () => {
  const script = `
    import { createRecommender } from 'vitrine'
    import { popularityStore, sampleProducts, vaeStore, writeTensorFile } from './tests/support/store-writer.mjs'
    const products = sampleProducts(10)
    const tensors = { ballast: { values: new Uint8Array(16 << 20) } }
    const parts = popularityStore(products)
    const model = writeTensorFile({ ...parts, tensors: { ...parts.tensors, ...tensors } })
    const turn = () => new Promise((resolve) => setTimeout(resolve))
    let most = 0
    for (let i = 0; i < 24; i++) {
      const recommender = await createRecommender({ model })
      recommender.track({ event: 'view', id: 'SKU-1' })
      await recommender.recommend({ count: 3 })
      await turn()
      gc()
      await turn()
      gc()
      most = Math.max(most, process.memoryUsage().external + process.memoryUsage().arrayBuffers)
    }
    console.log(most >> 20)
  `
  const args = ['--expose-gc', '--input-type=module', '--eval', script]
  const mebibytes = Number(execFileSync(execPath, args, { cwd: root, encoding: 'utf8' }))
  // 24 engines hold 24 * 16 MiB; a handful may await collection.
  assert.ok(mebibytes < 8 * 20, `${mebibytes} MiB`)
})
