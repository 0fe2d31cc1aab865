/** A shop made for a test by the vitrine command itself: generate, prepare, train, export. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { vitrine } from '../../web/scripts/build.mjs'

/**
 * `flags` are further ones of train. `{ store, pictures, path, run, remove }`: a model file, the folder of its pictures, where a file
 * of the shop ("data", "model") is, how to run the command on it, and how to tidy up.
 */
export function makeExampleShop({
  products = 300,
  shoppers = 800,
  model = 'linear',
  flags = [],
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-shop-'))
  const path = (name) => join(folder, name)
  const run = (...args) => {
    execFileSync(env.VITRINE_COMMAND ?? vitrine, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  run('generate', '--out', path('shop'), '--products', `${products}`, '--shoppers', `${shoppers}`)
  const files = ['--events', path('shop/events.csv'), '--products', path('shop/products.csv')]
  run('prepare', ...files, '--out', path('data'))
  run('train', '--model', model, '--data', path('data'), '--out', path('model'), ...flags)
  run('export', '--model', path('model'), '--out', path('store.safetensors'))
  return {
    store: path('store.safetensors'),
    pictures: path('shop/pictures'),
    path,
    run,
    remove: () => rmSync(folder, { recursive: true }),
  }
}
