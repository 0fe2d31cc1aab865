/** A shopper of whom only a context is known is listed what a gan generates, as natively. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { createRecommender } from 'vitrine'
import { vitrine as command } from '../../web/scripts/build.mjs'
import { makeExampleShop } from '../support/example-shop.mjs'

const context = { country: 'IT', device: 'desktop' }
let shop
before(() => {
  shop = makeExampleShop({ model: 'gan', flags: ['--epochs', '2', '--no-refit'] })
})
after(() => shop?.remove())

const open = (options) => createRecommender({ model: readFileSync(shop.store), ...options })
const scores = ({ items }) => items.map(({ id, score }) => [id, score])

suite('before the first event', () => {
  test('a list is generated for the context, as natively', async () => {
    const recommender = await open({ context })
    const list = await recommender.recommend({ count: 10 })
    assert.equal(list.source, 'generated')
    const told = Object.entries(context).map((pair) => pair.join('='))
    const flags = ['--model', shop.store, '--count', '10', '--json', '--context', ...told]
    const output = execFileSync(command, ['recommend', ...flags], { encoding: 'utf8' })
    const native = JSON.parse(output.trimEnd().split('\n').at(-1))
    assert.equal(native.source, 'generated')
    for (const [i, { score }] of list.items.entries()) {
      assert.ok(Math.abs(native.items[i].score - score) < 1e-3)
    }
    recommender.close()
  })

  test('and explained by what is known', async () => {
    const recommender = await open({ context })
    const [first] = (await recommender.recommend({ count: 5 })).items
    const why = await recommender.explain(first.id, { count: 5 })
    assert.equal(why.source, 'generated')
    assert.ok(why.listed)
    assert.ok(Math.abs(why.score - first.score) < 1e-4)
    assert.deepEqual(why.reasons, [])
    const told = Object.fromEntries(why.context.map(({ name, value }) => [name, value]))
    assert.deepEqual(told, context)
    for (const { name, contribution } of why.context) {
      const { [name]: _, ...rest } = context
      const { score } = await recommender.explain(first.id, { count: 5, context: rest })
      assert.ok(Math.abs(why.score - contribution - score) < 1e-4, name)
    }
    recommender.close()
  })

  test('another context gives another list, the same one the same', async () => {
    const recommender = await open()
    const ask = async (context) => scores(await recommender.recommend({ context }))
    assert.deepEqual(await ask(context), await ask(context))
    assert.notDeepEqual(await ask(context), await ask({ country: 'DE', device: 'phone' }))
    recommender.close()
  })

  test('an unknown value says nothing, and without any best-sellers are listed', async () => {
    const recommender = await open({ context: { country: 'Atlantis', weather: 'rain' } })
    assert.equal((await recommender.recommend()).source, 'popular')
    const known = scores(await recommender.recommend({ context: { country: 'IT' } }))
    const more = { country: 'IT', weather: 'rain' }
    assert.deepEqual(scores(await recommender.recommend({ context: more })), known)
    recommender.close()
  })

  test('the first event takes over', async () => {
    const recommender = await open({ context })
    const before = await recommender.recommend()
    recommender.track({ event: 'view_item', item_id: recommender.catalogue.at(3).id })
    const after = await recommender.recommend()
    assert.equal(after.source, 'model')
    assert.notDeepEqual(scores(after), scores(before))
    recommender.close()
  })
})

suite('a month as context', () => {
  let seasonal
  before(() => {
    const flags = ['--epochs', '2', '--no-refit', '--context-month']
    seasonal = makeExampleShop({ model: 'gan', flags })
  })
  after(() => seasonal?.remove())
  const ask = async (now, { context, events = [] } = {}) => {
    const model = readFileSync(seasonal.store)
    const recommender = await createRecommender({ model, now: () => now, context })
    for (const event of events) recommender.track(event)
    const list = await recommender.recommend({ count: 10 })
    const why = await recommender.explain(list.items[0].id, { count: 10 })
    recommender.close()
    return { list, months: why.context.map(({ name, value }) => `${name}=${value}`) }
  }
  const assertAsNatively = (list, ...flags) => {
    const asked = ['recommend', '--model', seasonal.store, '--count', '10', '--json', ...flags]
    const output = execFileSync(command, asked, { encoding: 'utf8' })
    const native = JSON.parse(output.trimEnd().split('\n').at(-1))
    assert.equal(native.source, list.source)
    for (const [i, { score }] of list.items.entries()) {
      assert.ok(Math.abs(native.items[i].score - score) < 1e-3)
    }
  }

  test('comes from the clock, and is enough for a list, as natively', async () => {
    const june = await ask(Date.UTC(2024, 5, 15))
    assert.equal(june.list.source, 'generated')
    assert.deepEqual(june.months, ['month=2024-06'])
    assertAsNatively(june.list, '--now', '2024-06-15')
    const december = await ask(Date.UTC(2024, 11, 15))
    assert.notDeepEqual(scores(december.list), scores(june.list))
  })

  test('is the last one known where the log ends before now, and none before it begins', async () => {
    const later = await ask(Date.UTC(2031, 2, 1))
    assert.match(later.months[0], /^month=2024-1/)
    assert.deepEqual((await ask(Date.UTC(2001, 2, 1))).months, [])
  })

  test('holds alone where the context names it, once where that is now, as natively', async () => {
    const now = Date.UTC(2024, 9, 15)
    for (const month of ['2024-06', '2024-10']) {
      const { list, months } = await ask(now, { context: { month } })
      assert.deepEqual(months, [`month=${month}`])
      assertAsNatively(list, '--now', '2024-10-15', '--context', `month=${month}`)
    }
  })

  test('is that of the first event, whatever came in first, as natively', async () => {
    const now = Date.UTC(2024, 6, 1)
    const [first, second] = (await ask(now)).list.items.map(({ id }) => id)
    const buy = (id, time) => ({ event: 'purchase', item_id: id, time })
    const events = [buy(second, now), buy(first, now - 60000)]
    const { list, months } = await ask(now, { events })
    assert.equal(list.source, 'model')
    assert.deepEqual(months, ['month=2024-06'])
    assertAsNatively(list, '--now', '2024-07-01', '--history', first, second)
  })

  test('is that of now again once the history is forgotten', async () => {
    const model = readFileSync(seasonal.store)
    const recommender = await createRecommender({ model, now: () => Date.UTC(2024, 11, 15) })
    const fresh = scores(await recommender.recommend())
    const id = recommender.catalogue.at(3).id
    recommender.track({ event: 'purchase', item_id: id, time: Date.UTC(2024, 5, 15) })
    recommender.clear()
    assert.deepEqual(scores(await recommender.recommend()), fresh)
    recommender.close()
  })
})
