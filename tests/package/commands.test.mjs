/** The commands of the repository itself: what they pass on, what they refuse and how they say so. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { vitrine } from '../../web/scripts/build.mjs'
import { sampleShopper } from '../../web/scripts/sample-shopper.mjs'
import { stage } from '../../web/scripts/stages.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'vitrine-commands-'))
after(() => rmSync(folder, { recursive: true }))

/** Runs a script of web/scripts as npm would have from `folder`. */
function script(name, args, env = {}) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'web/scripts', name), ...args],
    { cwd: root, encoding: 'utf8', env: { ...process.env, INIT_CWD: folder, ...env } },
  )
  return { status, stdout, stderr }
}

suite('vitrine', () => {
  test('hands arguments, output and exit code through', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    assert.deepEqual(script('vitrine.mjs', ['--version']), {
      status: 0,
      stdout: `${version}\n`,
      stderr: '',
    })
    assert.equal(script('vitrine.mjs', ['no-such-command']).status, 2)
  })

  test('sees relative paths from where npm was called', () => {
    writeFileSync(join(folder, 'nonsense.safetensors'), 'nonsense')
    const { status, stderr } = script('vitrine.mjs', ['inspect', 'nonsense.safetensors'])
    assert.equal(status, 2)
    assert.doesNotMatch(stderr, /no such file/i)
    assert.match(
      script('vitrine.mjs', ['inspect', 'absent.safetensors']).stderr,
      /absent\.safetensors.*No such file/i,
    )
  })

  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`leaves nothing behind when ${signal} ends it`, async () => {
      const place = mkdtempSync(join(folder, 'interrupted-'))
      const size = ['--products', '20000', '--shoppers', '1000000']
      const child = spawn(vitrine, ['generate', ...size, '--out', join(place, 'shop')])
      const ended = once(child, 'exit')
      while (!readdirSync(place).some((name) => readdirSync(join(place, name)).length > 0)) {
        assert.equal(child.exitCode, null, 'it ended before it was interrupted')
        await setTimeout(5)
      }
      child.kill(signal)
      assert.deepEqual(await ended, [null, signal])
      assert.deepEqual(readdirSync(place), [])
    })
  }
})

suite('start', () => {
  for (const [reason, args, sentence] of [
    ['an unknown option', ['--evnets', 'x'], /--evnets/],
    ['a log that is not there', ['--events', 'absent.csv'], /absent\.csv: no such file/],
    ['products without a log', ['--products', 'x.csv'], /--products needs --events/],
  ]) {
    test(`refuses ${reason} before it installs or builds anything`, () => {
      const { status, stdout, stderr } = script('start.mjs', args)
      assert.deepEqual({ status, stdout }, { status: 2, stdout: '' })
      assert.match(stderr, sentence)
      assert.doesNotMatch(stderr, /\n {4}at /)
    })
  }
})

suite('a stage of start', () => {
  const log = join(folder, 'log.csv')
  const out = join(folder, 'data')
  const row = (shopper, product, day) => `${shopper},${product},2024-01-${day}T10:00:00Z,purchase\n`
  const rows = Array.from({ length: 60 }, (_, i) => row(`s${i % 12}`, `p${i % 7}`, 10 + (i % 9)))
  const write = (text) => writeFileSync(log, `shopper,item_id,time,event\n${text}`)
  const made = () => statSync(join(out, 'report.json'), { bigint: true }).mtimeNs
  const prepare = (...more) =>
    stage('Preparing', {
      out,
      args: ['prepare', '--events', log, '--out', out, '--split', 'none', '--force', ...more],
      inputs: [log],
    })

  test('runs again only when its command or what it reads has changed', async () => {
    write(rows.join(''))
    const key = await prepare()
    const first = made()
    assert.equal(await prepare(), key)
    assert.equal(made(), first, 'unchanged')

    write(rows.slice(1).join(''))
    assert.notEqual(await prepare(), key)
    const second = made()
    assert.notEqual(second, first, 'another log')

    await prepare('--keep-bots')
    assert.notEqual(made(), second, 'another command')
  })

  test('runs again after a failure, even with what it had before', async () => {
    write(rows.join(''))
    await prepare()
    const before = made()
    write('s1,p1,yesterday,purchase\n')
    await assert.rejects(prepare(), { exitCode: 2 })
    write(rows.join(''))
    await prepare()
    assert.notEqual(made(), before)
  })

  test('the sample shopper is one of the log, with the events as they were', async () => {
    write(rows.join(''))
    await prepare()
    const sample = sampleShopper(out).map(({ event, item_id, time }) => {
      return `${item_id},${new Date(time).toISOString().replace('.000', '')},${event}\n`
    })
    const histories = Array.from({ length: 12 }, (_, i) => {
      const own = rows.filter((line) => line.startsWith(`s${i},`))
      return own.map((line) => line.slice(line.indexOf(',') + 1)).sort()
    })
    assert.equal(sample.length, 5)
    assert.ok(histories.some((history) => isDeepStrictEqual(history, sample.toSorted())))
  })
})

suite('install', () => {
  test('names every missing tool where there is no apt-get', () => {
    const { status, stderr } = script('install.mjs', ['build'], { PATH: folder })
    assert.equal(status, 2)
    for (const tool of ['cmake', 'ninja', 'c++', 'em++', '<Eigen/Core>'])
      assert.ok(stderr.includes(tool), tool)
  })

  test('does nothing when nothing is missing', () => {
    assert.deepEqual(script('install.mjs', ['test']), { status: 0, stdout: '', stderr: '' })
  })
})
