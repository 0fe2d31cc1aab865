/** The golden cases on disk: what they expect, and the model files they are about. */
import { readdirSync, readFileSync } from 'node:fs'
import { popularityStore, writeTensorFile } from './store-writer.mjs'

const folder = new URL('../cases/', import.meta.url)

const read = (area) =>
  readdirSync(new URL(area, folder))
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(new URL(`${area}/${name}`, folder), 'utf8')))

/** Histories and the lists that models make of them. */
export function readServeCases() {
  return read('serve').map((golden) => ({
    golden,
    file: readFileSync(new URL(`serve/${golden.model}`, folder)),
  }))
}

/** Histories and their features; the files hold the fitted parameters of each case. */
export function readFeatureCases() {
  return read('features').map((golden) => ({ golden, file: fileOf(golden.params) }))
}

function fileOf({ price_quantiles, item_repeat_days, ...others }) {
  const metadata = {}
  for (const [name, value] of Object.entries(others)) {
    if (typeof value === 'number') metadata[`features.${name}`] = `${value}`
    else for (const part in value) metadata[`features.${name}.${part}`] = `${value[part]}`
  }
  const products = item_repeat_days.map((_, i) => ({ id: `${i}` }))
  const store = popularityStore(products)
  return writeTensorFile({
    metadata: { ...store.metadata, ...metadata },
    tensors: {
      ...store.tensors,
      'features.price_quantiles': { values: Float32Array.from(price_quantiles) },
      'features.item_repeat_days': { values: Float32Array.from(item_repeat_days) },
    },
  })
}
