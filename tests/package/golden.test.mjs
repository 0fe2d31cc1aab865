import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRecommender } from 'vitrine'
import { differencesFromFeatures, differencesFromGolden } from '../support/golden.mjs'
import { readFeatureCases, readServeCases } from '../support/golden-files.mjs'

const vitrine = { createRecommender }
const lists = readServeCases()
const features = readFeatureCases()

test('golden cases are there to be read', () => {
  assert.ok(lists.length > 0)
  assert.ok(features.length > 0)
})

suite('lists are what the reference makes of the same file and history', () => {
  for (const { golden, file } of lists) {
    test(golden.model, async () => {
      assert.deepEqual(await differencesFromGolden(vitrine, file, golden), [])
    })
  }

  test('and a list with other scores is told apart', async () => {
    const { golden, file } = lists[0]
    const wrong = structuredClone(golden)
    for (const { expect } of wrong.cases) expect.scores = expect.scores.map((score) => score + 1)
    assert.notDeepEqual(await differencesFromGolden(vitrine, file, wrong), [])
  })
})

suite('features are what the definition says', () => {
  for (const { golden, file } of features) {
    test(golden.says, async () => {
      assert.deepEqual(await differencesFromFeatures(vitrine, file, golden), [])
    })
  }
})
