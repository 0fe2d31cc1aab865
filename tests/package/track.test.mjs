import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRecommender } from 'vitrine'
import { popularityStore, sampleProducts, writeTensorFile } from '../support/store-writer.mjs'

const now = Date.UTC(2024, 5, 1, 12)
const model = writeTensorFile(popularityStore(sampleProducts(8)))
const open = () => createRecommender({ model, now: () => now })

/** The history after one event, without the time. */
async function historyAfter(event) {
  const recommender = await open()
  recommender.track(event)
  return recommender.history().map(({ time, ...others }) => others)
}

suite('events in the shapes that shops have', () => {
  const expected = [{ type: 'cart', id: 'SKU-1', price: 11.99, quantity: 2 }]
  const item = { item_id: 'SKU-1', item_name: 'Product 1', price: '11.99', quantity: 2 }
  const shapes = {
    'a GA4 object of the data layer': {
      event: 'add_to_cart',
      ecommerce: { currency: 'EUR', value: 23.98, items: [item] },
    },
    'its products beside the name': { event: 'add_to_cart', items: [item] },
    'the arguments of a gtag call': ['event', 'add_to_cart', { currency: 'EUR', items: [item] }],
    'the arguments object itself': (function () {
      // biome-ignore lint/complexity/noArguments: what gtag pushes into the data layer
      return arguments
    })('event', 'add_to_cart', { items: [item] }),
    'one product without a list': { event: 'add_to_cart', ...item },
    'the name of another system': { event: 'Product Added', ...item },
    'our own name, and id': { event: 'cart', id: 'SKU-1', price: 11.99, quantity: '2' },
  }
  for (const [shape, event] of Object.entries(shapes)) {
    test(shape, async () => assert.deepEqual(await historyAfter(event), expected))
  }
})

test('every kind of event is stored under its own name', async () => {
  const kinds = 'view click cart uncart wish purchase review dwell impression'.split(' ')
  for (const type of kinds) {
    assert.deepEqual(await historyAfter({ event: type, id: 'SKU-0' }), [{ type, id: 'SKU-0' }])
  }
  const rated = await historyAfter({ event: 'rate', id: 'SKU-0', value: 4 })
  assert.deepEqual(rated, [{ type: 'rate', id: 'SKU-0', value: 4 }])
})

test('GA4 names become the stored ones', async () => {
  const names = {
    view_item: 'view',
    select_item: 'click',
    add_to_cart: 'cart',
    remove_from_cart: 'uncart',
    add_to_wishlist: 'wish',
    purchase: 'purchase',
    view_item_list: 'impression',
    user_engagement: 'dwell',
  }
  for (const [event, type] of Object.entries(names)) {
    const history = await historyAfter({ event, items: [{ item_id: 'SKU-2' }] })
    assert.deepEqual(history, [{ type, id: 'SKU-2' }], event)
  }
})

test('ratings carry the rating, views and dwelling the seconds, nothing else a value', async () => {
  const valueAfter = async (event) => (await historyAfter({ ...event, item_id: 'SKU-1' }))[0].value
  assert.equal(await valueAfter({ event: 'purchase', value: 99, dwell: 3 }), undefined)
  assert.equal(await valueAfter({ event: 'view_item', value: 99 }), undefined, 'that is money')
  assert.equal(await valueAfter({ event: 'view_item', value: 99, dwell: '7.5' }), 7.5)
  assert.equal(await valueAfter({ event: 'user_engagement', engagement_time_msec: '2500' }), 2.5)
  assert.equal(await valueAfter({ event: 'dwell', value: 4 }), 4)
  assert.equal(await valueAfter({ event: 'rate', value: 4, dwell: 3 }), 4)
})

test('every product of an event is tracked, in order', async () => {
  const items = ['SKU-3', 'SKU-1', 'SKU-3'].map((item_id) => ({ item_id }))
  const history = await historyAfter({ event: 'view_item_list', items })
  assert.deepEqual(
    history.map(({ id }) => id),
    ['SKU-3', 'SKU-1', 'SKU-3'],
  )
})

test('products that the model does not know are reported, the others tracked', async () => {
  const recommender = await open()
  const items = [{ item_id: 'new-1' }, { item_id: 'SKU-4' }, { item_id: 5 }]
  assert.deepEqual(recommender.track({ event: 'purchase', items }), {
    tracked: 1,
    unknown: ['new-1', '5'],
  })
  assert.equal(recommender.history().length, 1)
})

test('a history of products that the model does not know lists what sells', async () => {
  const recommender = await open()
  recommender.track({ event: 'purchase', items: [{ item_id: 'new-1' }] })
  assert.equal((await recommender.recommend({ count: 1 })).source, 'popular')
})

test('what is not about products is passed over', async () => {
  const recommender = await open()
  const others = [
    { event: 'page_view', page_title: 'Home' },
    { event: 'gtm.js', 'gtm.start': 1 },
    { event: 'view_cart', ecommerce: { items: [{ item_id: 'SKU-1' }] } },
    { event: 'view_item', ecommerce: null },
    { event: 'purchase', ecommerce: { transaction_id: 'T', items: [] } },
    { ecommerce: null },
    ['js', new Date()],
    ['config', 'G-1234'],
    () => {},
  ]
  for (const event of others) {
    assert.deepEqual(recommender.track(event), { tracked: 0, unknown: [] })
  }
  assert.deepEqual(recommender.history(), [])
})

test('what cannot be meant is a TypeError or a RangeError, and tracks nothing', async () => {
  const recommender = await open()
  const wrong = [
    [undefined, TypeError],
    ['view_item', TypeError],
    [{ event: 'view_item', items: 'SKU-1' }, TypeError],
    [{ event: 'rate', item_id: 'SKU-1' }, TypeError],
    [{ event: 'rate', item_id: 'SKU-1', value: 'five' }, TypeError],
    [{ event: 'view_item', item_id: 'SKU-1', time: 'yesterday' }, RangeError],
    [{ event: 'view_item', item_id: 'SKU-1', time: new Date('?') }, RangeError],
    [{ event: 'view_item', item_id: 'SKU-1', time: 1e18 }, RangeError],
  ]
  for (const [event, kind] of wrong) assert.throws(() => recommender.track(event), kind)
  assert.deepEqual(recommender.history(), [])
})

test('a product without an id is unknown, and the others of its event count', async () => {
  const recommender = await open()
  const items = [{ item_id: 'SKU-1' }, { item_name: 'Gift card' }, null]
  assert.deepEqual(recommender.track({ event: 'purchase', ecommerce: { items } }), {
    tracked: 1,
    unknown: ['Gift card', 'items[2]'],
  })
  assert.equal(recommender.history().length, 1)
})

test('a history goes into another recommender as it came out', async () => {
  const [first, second] = [await open(), await open()]
  const item = { item_id: 'SKU-1', price: 11.99, quantity: 2 }
  first.track({ event: 'purchase', items: [item], time: 1e12 })
  first.track({ event: 'rate', item_id: 'SKU-2', value: 4, time: 1e12 + 5000 })
  first.track({ event: 'view', item_id: 'SKU-3', dwell: 7, time: 1e12 + 9000 })
  for (const event of JSON.parse(JSON.stringify(first.history()))) second.track(event)
  assert.equal(second.history().length, 3)
  assert.deepEqual(second.history(), first.history())
})

test('numbers that are none are unknown', async () => {
  const item = { item_id: 'SKU-1', price: 'on request', quantity: 1e39 }
  assert.deepEqual(await historyAfter({ event: 'view_item', items: [item] }), [
    { type: 'view', id: 'SKU-1' },
  ])
})

suite('time', () => {
  test('is now unless the event says', async () => {
    const recommender = await open()
    recommender.track({ event: 'view', id: 'SKU-1' })
    assert.equal(recommender.history()[0].time, now)
  })

  test('is taken from the event, in whichever form', async () => {
    const then = Date.UTC(2020, 1, 2)
    for (const time of [
      { time: then },
      { time: new Date(then) },
      { timestamp_micros: then * 1e3 },
    ]) {
      const recommender = await open()
      recommender.track({ event: 'view', id: 'SKU-1', ...time })
      assert.equal(recommender.history()[0].time, then)
    }
  })

  test('orders the history, whatever the order of the calls', async () => {
    const recommender = await open()
    for (const [id, time] of [
      ['SKU-1', 3000],
      ['SKU-2', 1000],
      ['SKU-3', 2000],
    ]) {
      recommender.track({ event: 'view', id, time })
    }
    assert.deepEqual(
      recommender.history().map(({ id }) => id),
      ['SKU-2', 'SKU-3', 'SKU-1'],
    )
  })
})

test('purchases of one order are one basket', async () => {
  const recommender = await open()
  const buy = (transaction_id, id) =>
    recommender.track({ event: 'purchase', transaction_id, items: [{ item_id: id }] })
  buy('A', 'SKU-1')
  buy('B', 'SKU-2')
  buy('A', 'SKU-3')
  assert.equal(recommender.features().shopper.nBaskets, 2)
})

test('clear forgets everything', async () => {
  const recommender = await open()
  const fresh = await recommender.recommend({ count: 8 })
  recommender.track({ event: 'view', id: 'SKU-7' })
  recommender.clear()
  assert.deepEqual(recommender.history(), [])
  assert.deepEqual(await recommender.recommend({ count: 8 }), fresh)
})
