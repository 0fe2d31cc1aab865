/** Runs golden cases on the package. Needs nothing but the package, so a page can import it too. */

/**
 * What differs between the lists that `file` gives for the cases of `golden` and the expected ones.
 * A place may go to another product only where their scores are too close to tell apart.
 */
export async function differencesFromGolden({ createRecommender, wasm }, file, golden) {
  const differences = []
  const recommender = await createRecommender({ model: file, wasm, now: () => golden.now * 1000 })
  for (const { name, history, adapt, count, exclude, repeats, context, expect } of golden.cases) {
    const report = (text) => differences.push(`${golden.model}, ${name}: ${text}`)
    recommender.clear()
    for (const { type, item, time, ...others } of history) {
      recommender.track({ event: type, item_id: item, time: time * 1000, ...others })
    }
    if (adapt) await recommender.adapt({ budgetMs: Number.POSITIVE_INFINITY })
    const { items, source } = await recommender.recommend({ count, exclude, repeats, context })
    if (source !== expect.source) report(`source is ${source}, not ${expect.source}`)
    if (items.length !== expect.items.length) {
      report(`lists ${items.length} products, not ${expect.items.length}`)
    }
    const isNear = (a, b) => Math.abs(a - b) <= golden.tolerance
    for (const [place, { id, score }] of items.entries()) {
      const own = expect.scores[expect.items.indexOf(id)] ?? expect.scores.at(-1)
      if (!isNear(score, expect.scores[place])) {
        report(`place ${place} scores ${score}, not ${expect.scores[place]}`)
      } else if (!isNear(score, own)) {
        report(`place ${place} went to ${id} with ${score}; expected ${expect.items[place]}`)
      }
    }
  }
  recommender.close()
  return differences
}

const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())

/**
 * What differs between the features that the history of `golden` has and the expected ones: whole
 * numbers must be equal, real ones within a millionth.
 */
export async function differencesFromFeatures({ createRecommender, wasm }, file, golden) {
  const differences = []
  const recommender = await createRecommender({ model: file, wasm, now: () => golden.now * 1000 })
  for (const { type, item, time, basket, value, ...others } of golden.events) {
    const order = basket === null ? {} : { transaction_id: basket }
    const number = type === 'rate' ? { value } : { dwell: value }
    const when = { time: time * 1000 }
    recommender.track({ event: type, id: `${item}`, ...when, ...order, ...number, ...others })
  }
  const { items, shopper } = recommender.features()
  recommender.close()
  const compare = (whose, actual, expected) => {
    for (const [name, value] of Object.entries(expected)) {
      const got = name === 'item' ? Number(actual?.id) : actual?.[camelCase(name)]
      const tolerance = Number.isInteger(value) ? 0 : 1e-6 * Math.max(1, Math.abs(value))
      if (!(Math.abs(got - value) <= tolerance)) {
        differences.push(`${golden.says} ${whose} ${name} is ${got}, not ${value}`)
      }
    }
  }
  compare('shopper', shopper, golden.shopper)
  for (const [i, expected] of golden.items.entries()) compare(`item ${i}`, items[i], expected)
  if (items.length !== golden.items.length) {
    differences.push(`${golden.says} ${items.length} items, not ${golden.items.length}`)
  }
  return differences
}
