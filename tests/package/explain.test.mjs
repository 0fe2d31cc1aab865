import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRecommender, VitrineError } from 'vitrine'
import { readServeCases } from '../support/golden-files.mjs'

const near = (a, b) => Math.abs(a - b) <= 1e-4 * (1 + Math.abs(b))

/** What `ask` has of a recommender with the events of `history`, but for those on some products. */
async function after(golden, file, history, without, ask) {
  const recommender = await createRecommender({ model: file, now: () => golden.now * 1000 })
  for (const { type, item, time, ...others } of history) {
    if (without.includes(item)) continue
    recommender.track({ event: type, item_id: item, time: time * 1000, ...others })
  }
  const answer = await ask(recommender)
  recommender.close()
  return answer
}

suite('explain says what the list does when the history is replayed without a product', () => {
  for (const { golden, file } of readServeCases()) {
    test(golden.model, async () => {
      for (const { history, count, exclude, repeats } of golden.cases) {
        const options = { count, exclude, repeats }
        const [list, why] = await after(golden, file, history, [], async (recommender) => {
          const list = await recommender.recommend(options)
          return [list, await recommender.explain(list.items[0].id, options)]
        })
        assert.equal(why.source, list.source)
        assert.ok(why.listed)
        if (list.source === 'model') assert.ok(near(why.score, list.items[0].score))
        const sum = why.reasons.reduce((total, { contribution }) => total + contribution, 0)
        assert.ok(near(why.base + sum + why.interaction, why.score))

        if (why.without.length > 0) {
          const ask = (recommender) => recommender.recommend(options)
          const { items } = await after(golden, file, history, why.without, ask)
          assert.ok(!items.some(({ id }) => id === why.id))
        }
        if (golden.model.startsWith('blend')) continue // its scale moves with the history
        for (const reason of why.reasons) {
          const ask = (recommender) => recommender.explain(why.id, options)
          const { score } = await after(golden, file, history, [reason.id], ask)
          assert.ok(near(why.score - reason.contribution, score))
        }
      }
    })
  }
})

test('explain refuses a product that the model does not know', async () => {
  const [{ golden, file }] = readServeCases()
  await after(golden, file, [], [], async (recommender) => {
    await assert.rejects(
      recommender.explain('no such product'),
      (error) => error instanceof VitrineError && error.code === 'not-found',
    )
    await assert.rejects(recommender.explain('P1', { count: '5' }), TypeError)
  })
})
