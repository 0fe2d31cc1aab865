/**
 * What exploring finds out about new shoppers, and what it costs: the example shop, whose true tastes
 * are known, and shoppers who were not in the log that the model was trained on.
 *
 *   node tests/bench/explore.mjs [--shoppers 2000] [--rounds 20] [--model linear]
 *
 * A shopper comes without a history. Each round the page lists 12 products that it has not shown yet, the
 * shopper clicks each with the shop's own probability of a click (truth/model.json, "click", in the
 * first slot), and the page tracks what it showed and what was clicked. `found` is what the model's
 * own best 12 of all products are worth by then, by the mean probability of a click beside that of the best
 * possible 12; `tastes` the share of the true taste that lies in categories clicked by then; `clicks` those
 * of all rounds so far, what was explored included. Differences are paired over shoppers, each of whom
 * has the same luck with a product in every arm.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { main } from '../../web/scripts/run.mjs'
import { quantile, report, runVitrine, scratch } from './bench.mjs'
import { readTensors } from './peers/contenders/tensor-file.mjs'
import { uniformNumbers } from './peers/models.mjs'

const arms = { none: 0, quarter: 0.25, half: 0.5 }
const measures = ['found', 'tastes', 'clicks']
const listLength = 12
const moments = [1, 2, 3, 5, 10, 20]

await main(async () => {
  const options = {
    shoppers: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '20' },
    model: { type: 'string', default: 'linear' },
  }
  const { values } = parseArgs({ options })
  const shop = makeShop(Number(values.shoppers), values.model)
  const { createRecommender } = await import('vitrine')
  const recommender = await createRecommender({
    model: readFileSync(shop.store),
    now: () => shop.now,
  })
  const ids = [...recommender.catalogue].map(({ id }) => id)
  const rounds = Number(values.rounds)
  const shoppers = []
  for (const shopper of shop.newShoppers) {
    const chances = new Map(ids.map((id) => [id, shop.clickChance(shopper, id)]))
    const best = [...chances.values()].sort((a, b) => b - a).slice(0, listLength)
    const run = {}
    for (const [arm, explore] of Object.entries(arms)) {
      run[arm] = await visit(recommender, {
        shopper,
        chances,
        explore,
        rounds,
        best: sum(best),
        kindOf: shop.kindOf,
        tasteFor: (kind) => shop.taste(shopper, kind),
      })
    }
    shoppers.push(run)
  }
  recommender.close()

  const results = {}
  for (const round of moments.filter((moment) => moment <= rounds)) {
    results[round] = {}
    for (const measure of measures) {
      const of = (arm) => shoppers.map((run) => run[arm][round - 1][measure])
      results[round][measure] = Object.fromEntries(
        Object.keys(arms).map((arm) => [arm, compare(of(arm), of('none'))]),
      )
    }
  }
  print(results)
  report('explore', { model: values.model, shoppers: shoppers.length, after: results })
})

/** A shop, and a model trained on its log without the last `n` shoppers. */
function makeShop(n, model) {
  const folder = scratch('explore')
  const path = (name) => join(folder, name)
  runVitrine('generate', '--out', path('shop'), '--shoppers', '8000', '--force')
  const items = readTensors(bytesOf(path('shop/truth/items.safetensors')))
  const shoppers = readTensors(bytesOf(path('shop/truth/shoppers.safetensors')))
  const truth = JSON.parse(readFileSync(path('shop/truth/model.json'), 'utf8'))
  const total = shoppers.price.values.length
  const known = `S-${String(total - n).padStart(7, '0')}`
  const [header, ...lines] = readFileSync(path('shop/events.csv'), 'utf8').trimEnd().split('\n')
  const kept = lines.filter((line) => line.slice(0, line.indexOf(',')) < known)
  writeFileSync(path('events.csv'), [header, ...kept, ''].join('\n'))

  const log = ['--events', path('events.csv'), '--products', path('shop/products.csv')]
  runVitrine('prepare', ...log, '--out', path('data'), '--force')
  runVitrine('train', '--data', path('data'), '--model', model, '--out', path('model'), '--force')
  runVitrine('export', '--model', path('model'), '--out', path('store.safetensors'))

  const row = ({ values }, index, width) => values.subarray(index * width, (index + 1) * width)
  const demand = truth.kinds.map((kind) => kind.demand)
  /** "click" of truth/model.json, in the first slot. */
  const kindOf = (id) => items.kind.values[Number(id.slice('SKU-'.length))]
  const taste = (shopper, kind) => {
    const shares = row(shoppers.taste_share, shopper, 8)
    const favourite = row(shoppers.taste_kind, shopper, 8).indexOf(kind)
    return (1 - sum(shares)) * demand[kind] + (favourite < 0 ? 0 : shares[favourite])
  }
  const clickChance = (shopper, id) => {
    const item = Number(id.slice('SKU-'.length))
    const styles = row(shoppers.style_taste, shopper, 6)
    const style = Math.max(0.05, styles[items.style.values[item]] / Math.max(...styles))
    const off = items.band.values[item] - 4 * shoppers.price.values[shopper]
    const band = Math.max(0.05, Math.exp(-(off ** 2) / 2))
    const brands = row(shoppers.favourite_brand, shopper, 3)
    const brand = brands.includes(items.brand.values[item]) ? 1 : truth.constants.other_brand
    const match = style * band * brand
    return (
      truth.constants.slot_click[0] *
      (0.1 + 0.9 * match * Math.min(1, 8 * taste(shopper, kindOf(id))))
    )
  }
  return {
    store: path('store.safetensors'),
    now: Date.parse('2025-01-01T00:00:00Z'),
    newShoppers: Array.from({ length: n }, (_, i) => total - n + i),
    clickChance,
    kindOf,
    taste,
  }
}

/** What each round found, and the clicks until then. */
async function visit(recommender, { shopper, chances, explore, rounds, best, kindOf, tasteFor }) {
  recommender.clear()
  const luck = new Map([...chances.keys()].map(luckOf(shopper)))
  const shown = []
  const course = []
  const liked = new Set()
  let clicks = 0
  for (let round = 0; round < rounds; ++round) {
    const options = { count: listLength, exclude: shown, explore, seed: shopper }
    const { items } = await recommender.recommend(options)
    recommender.track({ event: 'view_item_list', items: items.map(({ id }) => ({ item_id: id })) })
    for (const { id } of items) {
      shown.push(id)
      if (luck.get(id) >= chances.get(id)) continue
      clicks += 1
      liked.add(kindOf(id))
      recommender.track({ event: 'select_item', items: [{ item_id: id }] })
      recommender.track({ event: 'view_item', items: [{ item_id: id }] })
    }
    const own = await recommender.recommend({ count: listLength, repeats: true })
    course.push({
      found: sum(own.items.map(({ id }) => chances.get(id))) / best,
      clicks,
      tastes: sum([...liked].map(tasteFor)),
    })
  }
  return course
}

/** A number in [0, 1) for each product, the same in every arm. */
function luckOf(shopper) {
  const uniform = uniformNumbers(shopper)
  return (id) => [id, uniform()]
}

/** Mean, and the paired difference to `others` with its 95 % bootstrap interval over shoppers. */
function compare(values, others) {
  const uniform = uniformNumbers(1)
  const differences = values.map((value, i) => value - others[i])
  const mean = (numbers) => sum(numbers) / numbers.length
  const again = () =>
    mean(differences.map(() => differences[Math.floor(uniform() * values.length)]))
  const means = Array.from({ length: 2000 }, again)
  return {
    mean: mean(values),
    difference: mean(differences),
    low: quantile(means, 0.025),
    high: quantile(means, 0.975),
  }
}

function print(results) {
  const percent = (value) => `${value >= 0 ? '+' : ''}${(100 * value).toFixed(1)} %`
  for (const measure of measures) {
    console.log(`\n| ${measure} after rounds | ${Object.keys(results).join(' | ')} |`)
    for (const arm of Object.keys(arms)) {
      const cells = Object.values(results).map((result) => {
        const { mean, difference, low, high } = result[measure][arm]
        const base = result[measure].none.mean
        const ahead =
          arm === 'none'
            ? ''
            : ` (${[difference, low, high].map((d) => percent(d / base)).join(', ')})`
        return mean.toFixed(3) + ahead
      })
      console.log(`| ${arm} | ${cells.join(' | ')} |`)
    }
  }
}

function bytesOf(path) {
  const bytes = readFileSync(path)
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
}

function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0)
}
