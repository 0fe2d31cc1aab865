/** Every contender computes the same model, and what times them times what it says. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PlainRecommender } from './contenders/javascript.mjs'
import { TopK } from './contenders/top-k.mjs'
import { nativeContenders, workerContenders } from './contenders.mjs'
import { writeFiles } from './files.mjs'
import { openNode } from './hosts/node.mjs'
import { listsOf, measure, overlapOf } from './measure.mjs'
import {
  bytesTouched,
  historyLength,
  listLength,
  makeHistories,
  makeModel,
  modelNames,
} from './models.mjs'
import { makers } from './native.mjs'
import { plot } from './plot.mjs'
import { streamModule } from './stream-module.mjs'

let folder
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-peers-'))
})
after(() => rmSync(folder, { recursive: true }))

test('the heap lists what sorting lists, ties by index', () => {
  const heap = new TopK(5)
  const scores = Float32Array.from({ length: 1000 }, (_, i) => (i * 37) % 11)
  const sorted = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b)
  assert.deepEqual([...heap.of(scores)], sorted.slice(0, 5))
  scores.fill(Number.NEGATIVE_INFINITY)
  scores[7] = 1
  assert.equal(heap.of(scores)[0], 7)
})

for (const name of modelNames) {
  test(`${name}: all contenders in f32 list the same, in int8 nearly`, async () => {
    const model = makeModel(name, 500)
    const contenders = workerContenders(['f32']).filter(
      ({ form }) => name !== 'sequence' || form !== 'dense',
    )
    const own = join(folder, name)
    writeFiles(own, model, contenders)
    writeFileSync(join(own, 'stream.wasm'), await streamModule())
    const host = await openNode()
    const reference = new PlainRecommender(model, listLength)
    const options = { host, model, folder: own, contenders, reference, lists: 7 }
    const { rows, skipped, bandwidth } = await measure(options)
    assert.deepEqual(skipped, [])
    assert.equal(rows.length, contenders.length)
    for (const { contender, precision, median_ms, ...row } of rows) {
      const least = precision === 'f32' ? 0.995 : 0.93
      assert.ok(row['overlap@20'] >= least, `${contender} ${precision}: ${row['overlap@20']}`)
      assert.ok(median_ms > 0)
      assert.ok(row.floor_ratio > 0)
    }
    assert.deepEqual(
      bandwidth.map(({ bytes }) => bytes),
      [bytesTouched(model, 4), bytesTouched(model, 1)],
    )
  })

  test(`${name}: many shoppers at once get the lists that each would get alone`, async () => {
    const model = makeModel(name, 500)
    const own = join(folder, `${name}-native`)
    const contenders = nativeContenders(['f32']).filter(({ precision }) => precision === 'f32')
    writeFiles(own, model, contenders)
    const histories = makeHistories(500, 5, historyLength)
    const reference = new PlainRecommender(model, listLength)
    for (const { module, file } of contenders) {
      const batch = await makers[module]({ path: join(own, file), model, threads: 1 })
      const { lists, ms } = await batch.lists(histories)
      assert.ok(ms > 0)
      for (const [i, history] of histories.entries()) {
        const [expected] = listsOf(reference, history.subarray(0, -1), [history.at(-1)])
        assert.ok(overlapOf(expected, lists[i]) > 0.99, module)
        assert.ok(lists[i].every((item) => !history.includes(item)))
      }
      await batch.close()
    }
  })
}

test('a contender that cannot be loaded is left out with the reason', async () => {
  const model = makeModel('compact', 100)
  const contender = { name: 'x', module: 'onnxruntime-web', precision: 'f32', file: 'x.onnx' }
  writeFileSync(join(folder, 'x.onnx'), 'no model')
  const options = { host: await openNode(), model, folder, contenders: [contender], lists: 7 }
  const { rows, skipped } = await measure(options)
  assert.deepEqual(rows, [])
  assert.match(skipped[0].reason, /could not be loaded: .*protobuf/)
})

test('a list reads its own weights once', () => {
  const model = makeModel('model-m', 1000)
  const others = 4 * (600 + 200 * 600 + 200 + 600 * 200 + 600 + 1000)
  assert.equal(bytesTouched(model, 4), 4 * 600 * (1000 + historyLength) + others)
  assert.equal(bytesTouched(model, 1), (600 + 4) * (1000 + historyLength) + others)
})

test('the plot has a line for each series', () => {
  const row = { host: 'chromium', model: 'compact', contender: 'vitrine', precision: 'int8' }
  const svg = plot([1000, 10000].map((items) => ({ ...row, items, median_ms: 1, floor_ms: 0.1 })))
  assert.match(svg, /<path class="line s0" d="M[\d.,]+L[\d.,]+"/)
  assert.match(svg, /10k/)
})
