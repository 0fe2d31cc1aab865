/** Lists whose last slots are explored: as the native command gives them, from what the page tracks. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, suite, test } from 'node:test'
import { createRecommender } from 'vitrine'
import { vitrine as command } from '../../web/scripts/build.mjs'
import { makeExampleShop } from '../support/example-shop.mjs'
import { popularityStore, sampleProducts, writeTensorFile } from '../support/store-writer.mjs'

const now = 1735689600 // seconds

let shop
before(() => {
  shop = makeExampleShop()
})
after(() => shop?.remove())

const open = (model = readFileSync(shop.store)) =>
  createRecommender({ model, now: () => now * 1000 })
const ids = ({ items }) => items.map(({ id }) => id)
const items = (...ids) => ids.map((item_id) => ({ item_id }))

suite('explore', () => {
  test('gives the last slots away, and says how likely each product was', async () => {
    const recommender = await open()
    const plain = await recommender.recommend({ count: 12 })
    assert.ok(plain.items.every((item) => !('propensity' in item || 'explored' in item)))
    assert.deepEqual(await recommender.recommend({ count: 12, explore: 0 }), plain)

    const list = await recommender.recommend({ count: 12, explore: 0.25, seed: 7 })
    assert.deepEqual(ids(list).slice(0, 9), ids(plain).slice(0, 9))
    assert.equal(new Set(ids(list)).size, 12)
    for (const [slot, { explored, propensity }] of list.items.entries()) {
      assert.equal(explored, slot < 9 ? undefined : true)
      if (slot < 9) assert.equal(propensity, 1)
      else assert.ok(propensity > 0 && propensity < 1)
    }
    assert.deepEqual(await recommender.recommend({ count: 12, explore: 0.25, seed: 7 }), list)
    const others = await Promise.all(
      [1, 2, 3].map((seed) => recommender.recommend({ count: 12, explore: 0.25, seed })),
    )
    assert.ok(others.some((other) => ids(other).join() !== ids(list).join()))
    // Without a seed it is the recommender's own, so that a page that is drawn again stays.
    const own = await recommender.recommend({ explore: 0.5 })
    assert.deepEqual(await recommender.recommend({ explore: 0.5 }), own)
    recommender.close()
  })

  test('gives the list of the native command', async () => {
    const recommender = await open()
    const history = [3, 40, 77].map((index) => recommender.catalogue.at(index).id)
    for (const [i, id] of history.entries()) {
      const time = (now - 60 * (history.length - 1 - i)) * 1000
      recommender.track({ event: 'purchase', items: items(id), time })
    }
    const date = new Date(now * 1000).toISOString()
    const flags = ['--model', shop.store, '--now', date, '--explore', '0.5', '--seed', '5']
    const text = execFileSync(command, ['recommend', ...flags, '--json', '--history', ...history], {
      encoding: 'utf8',
    })
    const native = JSON.parse(text.trimEnd().split('\n').at(-1))
    const list = await recommender.recommend({ explore: 0.5, seed: 5 })
    assert.deepEqual(ids(list), ids(native))
    for (const [slot, { explored, propensity }] of list.items.entries()) {
      assert.equal(explored, native.items[slot].explored)
      assert.ok(Math.abs(propensity - native.items[slot].propensity) < 1e-4)
    }
    recommender.close()
  })

  test('comes back to what was answered, and turns from what was not', async () => {
    const recommender = await open()
    const category = (id) => recommender.catalogue.get(id).category
    const chosen = category((await recommender.recommend({ count: 1 })).items[0].id)
    const shareOf = async () => {
      let found = 0
      for (let seed = 0; seed < 200; ++seed) {
        const list = await recommender.recommend({ count: 4, explore: 0.25, seed, repeats: true })
        if (category(list.items[3].id) === chosen) ++found
      }
      return found / 200
    }
    const shown = [...recommender.catalogue].filter(({ category }) => category === chosen)
    const atFirst = await shareOf()
    for (let round = 0; round < 5; ++round) {
      for (const { id } of shown) {
        recommender.track({ event: 'view_item_list', items: items(id) })
        recommender.track({ event: 'select_item', items: items(id) })
      }
    }
    const answered = await shareOf()
    assert.ok(answered > 0.9 && answered > atFirst, `${atFirst} ${answered}`)

    recommender.clear()
    for (let round = 0; round < 20; ++round) {
      for (const { id } of shown) recommender.track({ event: 'view_item_list', items: items(id) })
    }
    const passed = await shareOf()
    assert.ok(passed < 0.01 && passed < atFirst, `${atFirst} ${passed}`)
    recommender.close()
  })

  test('explores by popularity where the shop has no categories', async () => {
    const products = sampleProducts(40).map(({ category, ...product }) => product)
    const recommender = await open(writeTensorFile(popularityStore(products)))
    const list = await recommender.recommend({ count: 8, explore: 0.5, seed: 1 })
    assert.deepEqual(
      list.items.map(({ explored }) => explored === true),
      [false, false, false, false, true, true, true, true],
    )
    recommender.close()
  })

  test('refuses what is no share and no seed', async () => {
    const recommender = await open()
    for (const explore of [-0.1, 1.1, Number.NaN]) {
      await assert.rejects(recommender.recommend({ explore }), RangeError)
    }
    await assert.rejects(recommender.recommend({ explore: '0.5' }), TypeError)
    for (const seed of [-1, 0.5, 2 ** 32, Number.NaN]) {
      await assert.rejects(recommender.recommend({ explore: 0.5, seed }), RangeError)
    }
    for (const seed of ['1', null, 1n]) {
      await assert.rejects(recommender.recommend({ explore: 0.5, seed }), TypeError)
    }
    recommender.close()
    const run = (...flags) => {
      try {
        execFileSync(command, ['recommend', '--model', shop.store, ...flags], { stdio: 'pipe' })
      } catch ({ status, stderr }) {
        return [status, `${stderr}`]
      }
    }
    assert.match(run('--explore', '1.5')[1], /explore is not a share of the slots, from 0 to 1/)
    assert.match(run('--batch', '--explore', '0.5', '--data', 'x', '--out', 'y')[1], /--explore/)
  })
})
