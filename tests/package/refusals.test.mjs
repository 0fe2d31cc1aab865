/** What `train`, `import` and `recommend` cannot do ends with one sentence, and leaves nothing behind. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { vitrine } from '../../web/scripts/build.mjs'

const folder = mkdtempSync(join(tmpdir(), 'vitrine-refusals-'))
after(() => rmSync(folder, { recursive: true }))
const path = (name) => join(folder, name)

function run(...args) {
  const { status, stdout, stderr } = spawnSync(vitrine, args, { encoding: 'utf8', cwd: folder })
  return { status, stdout, stderr }
}

before(() => {
  run('generate', '--products', '60', '--shoppers', '200', '--out', 'shop')
  run('prepare', '--events', 'shop/events.csv', '--out', 'data')
})

/** A square matrix of floats as NumPy saves it. */
function writeNpy(name, rows) {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows.length}, ${rows.length}), }`
  const padded = `${header.padEnd(128 - 11)}\n`
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, padded.length, 0])
  const values = Buffer.from(Float32Array.from(rows.flat()).buffer)
  writeFileSync(path(name), Buffer.concat([start, Buffer.from(padded), values]))
}

const train = (...flags) => run('train', '--data', 'data', ...flags)

suite('train', () => {
  for (const [what, flags, says] of [
    [
      'more negatives than products',
      ['--model', 'sequence', '--negatives', '9999'],
      /--negatives 9999 is more than the \d+ products/,
    ],
    ['a blend of one part', ['--model', 'blend', '--parts', 'linear'], /two parts or more/],
    [
      'a rate that diverges',
      ['--model', 'vae', '--learning-rate', '1e30'],
      /diverged in epoch 1.*smaller --learning-rate than 1e\+30\n$/,
    ],
    [
      'the adversary diverging',
      ['--model', 'gan', '--discriminator-rate', '1e38'],
      /diverged.*--discriminator-rate than 1e\+38/,
    ],
    [
      'a loss beyond bounds',
      ['--model', 'gan', '--learning-rate', '1e30', '--epochs', '5'],
      /diverged/,
    ],
  ]) {
    test(`refuses ${what}`, () => {
      const { status, stderr } = train(...flags, '--out', 'refused')
      assert.equal(status, 2)
      assert.match(stderr, says)
      assert.ok(!existsSync(path('refused')))
    })
  }

  test('says that there is nothing to resume', () => {
    const flags = ['--model', 'vae', '--epochs', '1', '--resume', '--out', 'resumed']
    const { status, stderr } = train(...flags)
    assert.equal(status, 0)
    assert.match(stderr, /resumed: no checkpoint there/)
  })

  test('that diverges later says from where to go on', () => {
    const flags = ['--model', 'vae', '--out', 'later', '--epochs', '6', '--patience', '6']
    assert.equal(train(...flags, '--stop-after', '2').status, 0)
    const diverged = train(...flags, '--resume', '--learning-rate', '1e30')
    assert.equal(diverged.status, 2)
    assert.match(diverged.stderr, /goes on from epoch 2, the last that was saved/)
    assert.equal(train(...flags, '--resume', '--learning-rate', '1e-4').status, 0)
  })
})

test('train leaves a folder that was there before', () => {
  mkdirSync(path('own'))
  assert.equal(train('--model', 'vae', '--learning-rate', '1e30', '--out', 'own').status, 2)
  assert.ok(existsSync(path('own')))
})

for (const [range, flag] of [
  ['dropout=2:3', '--dropout'],
  // One trial alone draws nothing, and yet its ends are out of bounds.
  ['dropout=0.5:1.2', '--dropout'],
  ['epochs=0:3', '--epochs'],
]) {
  test(`tune refuses --range ${range} before the first trial`, () => {
    const flags = ['--data', 'data', '--model', 'vae', '--range', range, '--trials', '1']
    const { status, stderr } = run('tune', ...flags, '--out', 'tuned')
    assert.equal(status, 2)
    assert.match(stderr, new RegExp(`--range reaches too far: ${flag}`))
    assert.ok(!existsSync(path('tuned')))
  })
}

suite('import', () => {
  const items = 'a\nb\nc\nd\n'
  const weights = [1, 2, 3, 4, 5].map((r) => [1, 2, 3, 4, 5].map((c) => (r === c ? 0 : r / c)))

  test('refuses weights of more products than are named', () => {
    writeFileSync(path('items.txt'), items)
    writeNpy('five.npy', weights)
    const flags = ['--from', 'five.npy', '--model', 'ease', '--items', 'items.txt']
    const { status, stderr } = run('import', ...flags, '--out', 'shifted')
    assert.equal(status, 2)
    assert.match(stderr, /weights of 5 products, but 4 are named/)
    assert.ok(!existsSync(path('shifted')))
  })

  test('leaves out a row and a column of nothing', () => {
    writeFileSync(path('items.txt'), items)
    writeNpy(
      'padded.npy',
      weights.map((row, r) => row.map((w, c) => (r * c === 0 ? 0 : w))),
    )
    const flags = ['--from', 'padded.npy', '--model', 'ease', '--items', 'items.txt']
    assert.equal(run('import', ...flags, '--out', 'four').status, 0)
    // A catalogue smaller than the default count is listed whole, but for the history.
    const listed = run('recommend', '--model', 'four', '--history', 'a', '--json')
    const { items: list } = JSON.parse(listed.stdout.trimEnd().split('\n').at(-1))
    assert.deepEqual(list.map(({ id }) => id).sort(), ['b', 'c', 'd'])
    assert.ok(Math.abs(list.find(({ id }) => id === 'b').score - 2 / 3) < 1e-6)
  })
})
