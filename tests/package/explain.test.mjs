import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRecommender, VitrineError } from 'vitrine'
import { readServeCases } from '../support/golden-files.mjs'

/** A recommender with the events of `history`, but for those on some products. */
async function open(file, golden, history, without = []) {
  const recommender = await createRecommender({ model: file, now: () => golden.now * 1000 })
  for (const { type, item, time, ...others } of history) {
    if (without.includes(item)) continue
    recommender.track({ event: type, item_id: item, time: time * 1000, ...others })
  }
  return recommender
}

const near = (a, b) => Math.abs(a - b) <= 1e-4 * (1 + Math.abs(b))

suite('explain says what the list does when the history is replayed without a product', () => {
  for (const { golden, file } of readServeCases()) {
    test(golden.model, async () => {
      for (const { history, count, exclude, repeats } of golden.cases) {
        const options = { count, exclude, repeats }
        using recommender = await open(file, golden, history)
        const { items, source } = await recommender.recommend(options)
        const { id, score } = items[0]
        const why = await recommender.explain(id, options)
        assert.equal(why.source, source)
        assert.ok(why.listed)
        if (source === 'model') assert.ok(near(why.score, score), `${why.score}, not ${score}`)
        const sum = why.reasons.reduce((total, { contribution }) => total + contribution, 0)
        assert.ok(near(why.base + sum + why.interaction, why.score))

        if (why.without.length > 0) {
          using other = await open(file, golden, history, why.without)
          const list = await other.recommend(options)
          assert.ok(!list.items.some((item) => item.id === id))
        }
        if (golden.model.startsWith('blend')) continue // its scale moves with the history
        for (const reason of why.reasons) {
          using other = await open(file, golden, history, [reason.id])
          const { score } = await other.explain(id, options)
          assert.ok(near(why.score - reason.contribution, score))
        }
      }
    })
  }
})

test('explain refuses a product that the model does not know', async () => {
  const [{ golden, file }] = readServeCases()
  using recommender = await open(file, golden, [])
  await assert.rejects(
    recommender.explain('no such product'),
    (error) => error instanceof VitrineError && error.code === 'not-found',
  )
  await assert.rejects(recommender.explain('P1', { count: '5' }), TypeError)
})
