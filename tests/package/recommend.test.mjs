import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRecommender } from 'vitrine'
import { readServeCases } from '../support/golden-files.mjs'
import {
  linearStore,
  popularityStore,
  sampleProducts,
  writeTensorFile,
} from '../support/store-writer.mjs'

const products = sampleProducts(20)
const now = Date.UTC(2024, 5, 1, 12)

/** Neighbours in the catalogue go together: the nearer, the more. */
const nearness = products.map((_, i) => products.map((_, j) => (i === j ? 0 : 1 / Math.abs(i - j))))
const linear = writeTensorFile(linearStore(products, nearness))

const open = (options) => createRecommender({ model: linear, now: () => now, ...options })
const ids = (list) => list.items.map((item) => item.id)
const view = (...items) => ({
  event: 'view_item',
  ecommerce: { items: items.map((item_id) => ({ item_id })) },
})

suite('recommend', () => {
  test('a model that was trained without contexts passes over one', async () => {
    const told = await open({ context: { country: 'DE' } })
    assert.equal((await told.recommend()).source, 'popular')
    await assert.rejects(open({ context: 'country=DE' }), TypeError)
  })

  test('lists what sells while the history says nothing', async () => {
    const list = await (await open()).recommend({ count: 3 })
    assert.equal(list.source, 'popular')
    assert.deepEqual(ids(list), ['SKU-0', 'SKU-1', 'SKU-2'])
  })

  test('lists what sells while the history holds only what the model does not read', async () => {
    const recommender = await open()
    const items = [{ item_id: 'SKU-5' }]
    recommender.track({ event: 'user_engagement', engagement_time_msec: 5000, items })
    assert.equal(recommender.history().length, 1)
    assert.equal((await recommender.recommend()).source, 'popular')
  })

  test('lists by the model, with scores and products, once something was tracked', async () => {
    const recommender = await open()
    recommender.track(view('SKU-5'))
    const { items, source } = await recommender.recommend({ count: 4 })
    assert.equal(source, 'model')
    assert.deepEqual(
      items.map(({ id, score }) => [id, score]),
      [
        ['SKU-4', 1],
        ['SKU-6', 1],
        ['SKU-3', 0.5],
        ['SKU-7', 0.5],
      ],
    )
    assert.deepEqual(items[0].product, products[4])
  })

  test('reflects an event of the same turn', async () => {
    const recommender = await open()
    const before = recommender.recommend({ count: 1 })
    recommender.track(view('SKU-9'))
    const after = recommender.recommend({ count: 1 })
    assert.deepEqual([ids(await before), ids(await after)], [['SKU-0'], ['SKU-8']])
  })

  test('lists twelve products unless asked, or all where there are fewer', async () => {
    assert.equal((await (await open()).recommend()).items.length, 12)
    const small = writeTensorFile(popularityStore(sampleProducts(5)))
    assert.equal((await (await open({ model: small })).recommend()).items.length, 5)
  })

  test('never lists what is excluded, and passes over ids it does not know', async () => {
    const recommender = await open()
    recommender.track(view('SKU-5'))
    const exclude = new Set(['SKU-4', 'SKU-6', 'from another shop'])
    assert.deepEqual(ids(await recommender.recommend({ count: 2, exclude })), ['SKU-3', 'SKU-7'])
  })

  test('is shorter than asked only where exclusion leaves fewer', async () => {
    const recommender = await open()
    recommender.track(view('SKU-5'))
    const exclude = products.slice(0, 15).map((product) => product.id)
    assert.equal((await recommender.recommend({ count: 20, exclude })).items.length, 5)
    assert.equal((await recommender.recommend({ count: 20 })).items.length, 19)
  })

  test('lists products of the history again where repeats are wanted', async () => {
    const recommender = await open()
    recommender.track(view('SKU-5', 'SKU-6'))
    const has = async (repeats) => ids(await recommender.recommend({ repeats })).includes('SKU-5')
    assert.equal(await has(true), true)
    assert.equal(await has(false), false)
    assert.equal(await has(undefined), false, 'as the model file says')
  })

  test('lists all where there are fewer than asked for', async () => {
    const recommender = await open()
    assert.equal((await recommender.recommend({ count: 21 })).items.length, 20)
    assert.equal((await recommender.recommend({ count: 2 ** 40 })).items.length, 20)
  })

  test('refuses arguments of the wrong kind', async () => {
    const recommender = await open()
    await assert.rejects(recommender.recommend({ count: '3' }), TypeError)
    await assert.rejects(recommender.recommend({ count: 2.5 }), RangeError)
    await assert.rejects(recommender.recommend({ count: -1 }), RangeError)
    await assert.rejects(recommender.recommend({ count: 0 }), RangeError)
    await assert.rejects(recommender.recommend(3), TypeError)
    await assert.rejects(recommender.recommend({ count: Number.NaN }), RangeError)
    await assert.rejects(recommender.recommend({ exclude: 'SKU-1' }), TypeError)
    await assert.rejects(recommender.recommend({ exclude: 7 }), TypeError)
    await assert.rejects(recommender.recommend({ repeats: 'yes' }), TypeError)
    await assert.rejects(recommender.recommend({ context: 'country=DE' }), TypeError)
  })

  test('gives lists of their own, which later calls leave alone', async () => {
    const recommender = await open()
    const first = await recommender.recommend({ count: 3 })
    const copy = structuredClone(first)
    recommender.track(view('SKU-15'))
    await recommender.recommend({ count: 20 })
    assert.deepEqual(first, copy)
  })
})

suite('catalogue', () => {
  test('holds every product of the model, by id and in order', async () => {
    const { catalogue } = await open()
    assert.equal(catalogue.size, 20)
    assert.deepEqual([...catalogue], products)
    assert.deepEqual(catalogue.get('SKU-3'), products[3])
    assert.equal(catalogue.get('SKU-20'), undefined)
    assert.deepEqual([catalogue.has('SKU-19'), catalogue.has('SKU-20')], [true, false])
  })

  test('leaves out what the shop does not know of a product', async () => {
    const shop = [
      { id: 'a', title: '', brand: 'B', price: 0, stock: -1 },
      { id: 'b', title: 'T', brand: '', price: 2, stock: 0 },
    ]
    const { catalogue } = await open({ model: writeTensorFile(popularityStore(shop)) })
    assert.deepEqual(
      [...catalogue],
      [
        { id: 'a', brand: 'B' },
        { id: 'b', title: 'T', price: 2, stock: 0 },
      ],
    )
  })
})

test('describe names the model', async () => {
  assert.deepEqual((await open()).describe(), {
    model: 'linear',
    items: 20,
    bytes: linear.length,
    precision: 'f32',
    kernels: 'simd128',
  })
})

test('describe names how the file keeps its tables', async () => {
  for (const { golden, file } of readServeCases()) {
    const named = /-(f16|int8|int4|pq)(-adapt)?\.safetensors$/.exec(golden.model)?.[1] ?? 'f32'
    assert.equal((await createRecommender({ model: file })).describe().precision, named)
  }
})

test('features are what the history says in numbers', async () => {
  const recommender = await open()
  const order = { transaction_id: 'T1', time: now - 60 * 86_400_000 }
  recommender.track({ event: 'purchase', ...order, items: [{ item_id: 'SKU-3', price: 7 }] })
  recommender.track({ event: 'rate', item_id: 'SKU-3', value: 5 })
  const { items, shopper } = recommender.features()
  assert.deepEqual(shopper, {
    nEvents: 2,
    nItems: 1,
    nVisits: 2,
    nBaskets: 1,
    daysKnown: 60,
    daysSilent: 0,
    meanPriceBucket: 1,
  })
  const { logCount, logRecency, logDwell, ...others } = items[0]
  assert.deepEqual(others, {
    id: 'SKU-3',
    nEvents: 2,
    nPurchases: 1,
    nVisits: 2,
    priceBucket: 1,
    rating: 1.5,
    due: 2,
  })
  const near = (actual, expected) => assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`)
  near(logCount, (Math.log(3) - 1) / 0.5)
  near(logRecency, (0 - 2) / 1.5)
  near(logDwell, (0 - 3) / 1)
})
