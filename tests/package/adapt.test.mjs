/** A page adapts the model to its shopper as the native command does, keeps it, and takes it back. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { createRecommender, VitrineError } from 'vitrine'
import { vitrine as command } from '../../web/scripts/build.mjs'
import { makeExampleShop } from '../support/example-shop.mjs'
import { readServeCases } from '../support/golden-files.mjs'

const now = 1735689600 // seconds
const refused = (code) => (error) => error instanceof VitrineError && error.code === code

let shop
before(() => {
  // A model that knows nothing of the shopper, so that all it lists beside best-sellers is learnt.
  shop = makeExampleShop({ model: 'popularity', flags: ['--adapt'] })
})
after(() => shop?.remove())

const open = (model = shop.store) =>
  createRecommender({
    model: typeof model === 'string' ? readFileSync(model) : model,
    now: () => now * 1000,
  })

/** Products of the shop bought a minute apart, the last one now: as `recommend --history` has it. */
function follow(recommender, ids) {
  for (const [i, id] of ids.entries()) {
    const time = (now - 60 * (ids.length - 1 - i)) * 1000
    recommender.track({ event: 'purchase', items: [{ item_id: id }], time })
  }
}

const ids = (recommender) =>
  Array.from({ length: 12 }, (_, i) => recommender.catalogue.at(7 * i).id)
const scores = ({ items }) => items.map(({ id, score }) => [id, score])

suite('adapt', () => {
  test('leaves the file as it is, on disk and in memory', async () => {
    const kept = readFileSync(shop.store)
    const given = Uint8Array.from(kept)
    const recommender = await open(given)
    follow(recommender, ids(recommender))
    const { gain } = await recommender.adapt({ budgetMs: 10000 })
    assert.ok(gain > 0)
    recommender.restoreAdaptation(recommender.adaptation())
    recommender.close()
    const flags = ['--model', shop.store, '--adapt', '--json']
    execFileSync(command, ['recommend', ...flags, '--history', ...ids(await open())])
    assert.ok(kept.equals(given) && kept.equals(readFileSync(shop.store)))
  })

  test('gives the list of the native command', async () => {
    const recommender = await open()
    const history = ids(recommender)
    follow(recommender, history)
    const plain = await recommender.recommend({ count: 20 })
    const learnt = await recommender.adapt({ budgetMs: 10000 })
    assert.ok(learnt.complete && learnt.gain > 0 && learnt.steps > 0)
    const adapted = await recommender.recommend({ count: 20 })
    assert.notDeepEqual(scores(adapted), scores(plain))

    const flags = [
      '--model',
      shop.store,
      '--count',
      '20',
      '--now',
      new Date(now * 1000).toISOString(),
    ]
    const text = execFileSync(
      command,
      ['recommend', ...flags, '--adapt', '--json', '--history', ...history],
      { encoding: 'utf8' },
    )
    const native = JSON.parse(text.trimEnd().split('\n').at(-1))
    assert.ok(Math.abs(native.adapt.gain / learnt.gain - 1) < 1e-3)
    assert.equal(native.adapt.steps, learnt.steps)
    const byId = new Map(native.items.map(({ id, score }) => [id, score]))
    for (const { id, score } of adapted.items.slice(0, 15)) {
      assert.ok(Math.abs(byId.get(id) - score) < 1e-3, id)
    }
    recommender.close()
  })

  test('is followed by further events, and reset to the bit', async () => {
    const recommender = await open()
    follow(recommender, ids(recommender))
    const plain = await recommender.recommend()
    await recommender.adapt()
    const adapted = await recommender.recommend()
    recommender.track({ event: 'view_item', item_id: recommender.catalogue.at(100).id })
    assert.notDeepEqual(scores(await recommender.recommend()), scores(adapted))
    recommender.clear()
    follow(recommender, ids(recommender))
    assert.deepEqual(scores(await recommender.recommend()), scores(plain))
    await recommender.adapt()
    assert.deepEqual(scores(await recommender.recommend()), scores(adapted))
    recommender.resetAdaptation()
    assert.deepEqual(scores(await recommender.recommend()), scores(plain))
    recommender.close()
  })

  test('counts against what was turned down', async () => {
    const recommender = await open()
    const history = ids(recommender)
    follow(recommender, history)
    await recommender.adapt()
    const scoreOf = async (id) => (await recommender.explain(id)).score
    const disliked = history.at(-1)
    const before = await scoreOf(disliked)
    recommender.track({ event: 'not_interested', item_id: disliked, time: now * 1000 })
    assert.ok((await scoreOf(disliked)) < before)
    recommender.close()
  })

  test('stops at its budget, with what it has', async () => {
    const recommender = await open()
    follow(recommender, ids(recommender))
    const { steps, complete, gain } = await recommender.adapt({ budgetMs: 0 })
    assert.deepEqual([steps, complete], [0, false])
    assert.ok(gain > 0)
    const learnt = await recommender.adapt({ budgetMs: 10000 })
    const list = await recommender.recommend()
    const interrupted = await recommender.adapt({ budgetMs: 0 })
    assert.deepEqual(interrupted, { gain: learnt.gain, steps: 0, complete: false })
    assert.deepEqual(await recommender.recommend(), list)
    await assert.rejects(recommender.adapt({ budgetMs: -1 }), RangeError)
    await assert.rejects(recommender.adapt({ budgetMs: '5' }), TypeError)
    recommender.close()
  })

  test('is saved and restored for the same file alone', async () => {
    const [recommender, again] = [await open(), await open()]
    assert.equal(recommender.adaptation().length, 0)
    for (const each of [recommender, again]) follow(each, ids(each))
    await recommender.adapt()
    const saved = recommender.adaptation()
    assert.ok(saved.length > 0 && saved.length < 65536)
    again.restoreAdaptation(saved)
    const list = scores(await recommender.recommend())
    assert.deepEqual(scores(await again.recommend()), list)

    // What is refused changes nothing.
    const damaged = saved.slice()
    damaged[100] ^= 1
    assert.throws(() => again.restoreAdaptation(damaged), refused('bad-format'))
    assert.throws(() => again.restoreAdaptation(new Uint8Array()), refused('bad-format'))
    assert.throws(() => again.restoreAdaptation('text'), TypeError)
    assert.deepEqual(scores(await again.recommend()), list)

    shop.run('export', '--model', shop.path('model'), '--dtype', 'f32', '--out', shop.path('f32'))
    const other = await open(shop.path('f32'))
    assert.throws(() => other.restoreAdaptation(saved), refused('invalid-argument'))
    for (const each of [recommender, again, other]) each.close()
  })

  test('has nothing to say where nothing is known', async () => {
    const recommender = await open()
    const before = scores(await recommender.recommend())
    recommender.track({ event: 'view_item', item_id: 'no such product' })
    const { steps } = await recommender.adapt()
    assert.equal(steps, 0)
    const list = await recommender.recommend()
    assert.equal(list.source, 'popular')
    assert.deepEqual(scores(list), before)
    recommender.close()
  })

  test('is refused by a model that was trained without it', async () => {
    const { file } = readServeCases().find(({ golden }) => !golden.model.includes('-adapt'))
    const recommender = await open(file)
    await assert.rejects(recommender.adapt(), refused('unsupported'))
    assert.throws(() => recommender.restoreAdaptation(new Uint8Array(9)), refused('unsupported'))
    assert.equal(recommender.adaptation().length, 0)
    recommender.resetAdaptation()
    recommender.close()
  })
})
