/** Probabilities of listed products: those of the native command, and of files written by hand. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { createRecommender, VitrineError } from 'vitrine'
import { vitrine as command } from '../../web/scripts/build.mjs'
import { makeExampleShop } from '../support/example-shop.mjs'
import { linearStore, writeTensorFile } from '../support/store-writer.mjs'

const now = 1735689600 // seconds
const sigmoid = (x) => 1 / (1 + Math.exp(-x))

/** Products of the shop bought a minute apart, the last one now: as `recommend --history` has it. */
function follow(recommender, ids) {
  for (const [i, id] of ids.entries()) {
    const time = (now - 60 * (ids.length - 1 - i)) * 1000
    recommender.track({ event: 'purchase', items: [{ item_id: id }], time })
  }
}

function recommendNatively(model, history, ...flags) {
  const moment = ['--now', new Date(now * 1000).toISOString()]
  const args = ['recommend', '--model', model, ...moment, ...flags, '--json']
  const own = history.length > 0 ? ['--history', ...history] : []
  const text = execFileSync(command, [...args, ...own], { encoding: 'utf8' })
  return JSON.parse(text.trimEnd().split('\n').at(-1))
}

suite('of a trained model', () => {
  let shop
  before(() => {
    const flags = [
      '--variant',
      'compact',
      '--hidden',
      '32',
      '--epochs',
      '6',
      '--adapt',
      '--adapt-gain',
      '1',
    ]
    shop = makeExampleShop({ model: 'vae', flags })
  })
  after(() => shop?.remove())

  for (const dtype of ['int8', 'int4', 'f16', 'f32']) {
    test(dtype, async () => {
      const store = shop.path(`${dtype}.safetensors`)
      shop.run('export', '--model', shop.path('model'), '--out', store, '--dtype', dtype)
      const recommender = await createRecommender({
        model: readFileSync(store),
        now: () => now * 1000,
      })
      const history = [3, 40, 77, 120].map((i) => recommender.catalogue.at(i).id)
      follow(recommender, history)
      const { items } = await recommender.recommend({ count: 50 })
      const native = recommendNatively(store, history, '--count', '50')
      assert.equal(native.items.length, items.length)
      for (const [place, { probability }] of items.entries()) {
        assert.ok(Math.abs(probability - native.items[place].probability) < 1e-5, `${place}`)
        assert.ok(probability > 0 && probability < 1)
        if (place > 0) assert.ok(probability <= items[place - 1].probability)
      }
      assert.ok(items.at(-1).probability < items[0].probability)
      const few = await recommender.recommend({ count: 5 })
      assert.deepEqual(few.items, items.slice(0, 5), 'whatever the length of the list')
      recommender.close()
    })
  }

  test('not of products that were explored', async () => {
    const recommender = await createRecommender({ model: readFileSync(shop.store) })
    follow(recommender, [recommender.catalogue.at(3).id])
    const { items } = await recommender.recommend({ count: 10, explore: 0.3, seed: 3 })
    assert.ok(items.some(({ explored }) => explored))
    for (const item of items) assert.equal('probability' in item, !item.explored)
    recommender.close()
  })

  test('not of lists in another order than was learnt from', async () => {
    const recommender = await createRecommender({
      model: readFileSync(shop.store),
      now: () => now * 1000,
    })
    const history = [3, 40, 77].map((i) => recommender.catalogue.at(i).id)
    follow(recommender, history)
    const probabilities = async (options) =>
      (await recommender.recommend(options)).items.filter((item) => 'probability' in item).length
    const natively = (...flags) =>
      recommendNatively(shop.store, history, ...flags).items.filter((item) => 'probability' in item)
        .length
    assert.equal(await probabilities({ repeats: true }), 0)
    assert.equal(natively('--repeats', 'include'), 0)
    assert.equal(await probabilities({ repeats: false }), 12)
    assert.equal(natively('--repeats', 'exclude'), 12)
    await recommender.adapt({ budgetMs: 10000 })
    assert.equal(await probabilities(), 0)
    assert.equal(natively('--adapt'), 0)
    recommender.resetAdaptation()
    assert.equal(await probabilities(), 12)
    recommender.close()
  })

  test('not of lists that the model did not make', async () => {
    const recommender = await createRecommender({ model: readFileSync(shop.store) })
    const { items, source } = await recommender.recommend()
    assert.equal(source, 'popular')
    assert.ok(items.every((item) => !('probability' in item)))
    assert.ok(recommendNatively(shop.store, []).items.every((item) => !('probability' in item)))
    recommender.close()
  })
})

test('not for a context', async () => {
  const flags = ['--epochs', '2', '--no-refit', '--validation-fraction', '0.4']
  const shop = makeExampleShop({ model: 'gan', flags })
  const recommender = await createRecommender({
    model: readFileSync(shop.store),
    now: () => now * 1000,
  })
  const history = [3, 40].map((i) => recommender.catalogue.at(i).id)
  follow(recommender, history)
  for (const [country, expected] of [
    ['Atlantis', 12],
    ['IT', 0],
  ]) {
    const { items, source } = await recommender.recommend({ context: { country } })
    assert.equal(source, 'model')
    assert.equal(items.filter((item) => 'probability' in item).length, expected, country)
    const native = recommendNatively(shop.store, history, '--context', `country=${country}`)
    assert.equal(native.items.filter((item) => 'probability' in item).length, expected, country)
  }
  recommender.close()
  shop.remove()
})

suite('of a file written by hand', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-probability-'))
  after(() => rmSync(folder, { recursive: true }))
  const products = ['A', 'B', 'C', 'D', 'E'].map((id) => ({ id }))
  const weights = [[0, 4, 2, 1, -9], ...Array.from({ length: 4 }, () => Array(5).fill(0))]
  const fileWith = (entries) => {
    const said = Object.entries(entries).filter(([, text]) => text !== undefined)
    const metadata = Object.fromEntries(said)
    return writeTensorFile(linearStore(products, weights, { metadata }))
  }
  const right = {
    'calibration.scores': '0 2 3',
    'calibration.log_odds': '-4 -2 -1',
    'calibration.place': '-0.5',
  }

  test('they are what the definition says', async () => {
    const file = fileWith(right)
    const recommender = await createRecommender({ model: file, now: () => now * 1000 })
    follow(recommender, ['A'])
    const { items } = await recommender.recommend({ count: 4 })
    // Beyond the last knot; on one; between two; before the first.
    const expected = [-1, -2, -3, -4].map((odds, i) => sigmoid(odds - 0.5 * Math.log(i + 1)))
    assert.deepEqual(
      items.map(({ id }) => id),
      ['B', 'C', 'D', 'E'],
    )
    const path = join(folder, 'right.safetensors')
    writeFileSync(path, file)
    const native = recommendNatively(path, ['A'], '--count', '4')
    for (const [i, probability] of expected.entries()) {
      assert.ok(Math.abs(items[i].probability - probability) < 1e-12)
      assert.ok(Math.abs(native.items[i].probability - probability) < 1e-12)
    }
    recommender.close()
  })

  test('without a calibration there are none', async () => {
    const recommender = await createRecommender({ model: fileWith({}) })
    recommender.track({ event: 'purchase', item_id: 'A' })
    const { items, source } = await recommender.recommend({ count: 4 })
    assert.equal(source, 'model')
    assert.ok(items.every((item) => !('probability' in item)))
    recommender.close()
  })

  for (const [what, change] of [
    ['knots without odds', { 'calibration.log_odds': '-4 -2' }],
    ['falling knots', { 'calibration.scores': '0 3 2' }],
    ['falling odds', { 'calibration.log_odds': '-4 -1 -2' }],
    ['a word', { 'calibration.scores': '0 two 3' }],
    ['no number', { 'calibration.scores': '' }],
    ['no numbers at all', { 'calibration.scores': '', 'calibration.log_odds': '' }],
    ['a number of base 16', { 'calibration.scores': '0 0x2 3' }],
    ['a blank place', { 'calibration.place': '' }],
    ['a place that is a word', { 'calibration.place': 'steep' }],
    ['two places', { 'calibration.place': '-0.5 -1' }],
    ['no place', { 'calibration.place': undefined }],
    ['no odds', { 'calibration.log_odds': undefined }],
    [
      '17 knots',
      {
        'calibration.scores': Array.from({ length: 17 }, (_, i) => i).join(' '),
        'calibration.log_odds': Array(17).fill(0).join(' '),
      },
    ],
    ['infinite odds', { 'calibration.log_odds': '-4 -2 Infinity' }],
    ['a place that gains', { 'calibration.place': '0.5' }],
  ]) {
    test(`${what}: one clear error, in the page and natively`, async () => {
      const file = fileWith({ ...right, ...change })
      await assert.rejects(
        createRecommender({ model: file }),
        (error) =>
          error instanceof VitrineError &&
          error.code === 'bad-format' &&
          /calibration/.test(error.message),
      )
      const path = join(folder, 'wrong.safetensors')
      writeFileSync(path, file)
      const { status, stderr } = spawnSync(
        command,
        ['recommend', '--model', path, '--history', 'A', '--count', '2'],
        { encoding: 'utf8' },
      )
      assert.equal(status, 2)
      assert.match(stderr, /calibration/)
      assert.equal(stderr.trimEnd().split('\n').length, 1)
    })
  }
})
