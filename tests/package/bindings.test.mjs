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

const registered = [...bindings.matchAll(/\.function\("(\w+)"/g)].map(([, name]) => name)

test('the class has the functions that TypeScript believes it has', () => {
  const names = members('RawEngine').filter((name) => name !== 'delete') // Embind's own
  assert.deepEqual(names.sort(), registered.sort())
})
