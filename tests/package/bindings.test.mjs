/** web/src/engine-module.ts describes by hand what bindings/engine.cc exposes. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const bindings = read('bindings/engine.cc')
const types = read('web/src/engine-module.ts')

/** Names of the members of an interface of engine-module.ts. */
function members(name) {
  const body = types.match(new RegExp(`export interface ${name}\\b.*?\\{\\n(.*?)\\n\\}`, 's'))[1]
  return [...body.matchAll(/^ {2}(\w+)[?(:<]/gm)].map((match) => match[1])
}

/** Names registered by `method` between the registration of `type` and its end. */
function registered(type, method) {
  const body = bindings.match(new RegExp(`[<]\\w+>\\("${type}"\\)(.*?);`, 's'))[1]
  return [...body.matchAll(new RegExp(`\\.${method}\\("(\\w+)"`, 'g'))].map((match) => match[1])
}

test('the class has the functions that TypeScript believes it has', () => {
  const names = members('RawEngine').filter((name) => name !== 'delete') // Embind's own
  assert.deepEqual(names.sort(), registered('Engine', 'function').sort())
})

for (const type of ['Outcome', 'Ranking', 'Event', 'ItemFeatures', 'ShopperFeatures', 'Features']) {
  test(`${type} has the fields that TypeScript believes it has`, () => {
    const name = type === 'Outcome' ? type : `Raw${type}`
    assert.deepEqual(members(name).sort(), registered(type, 'field').sort())
  })
}
