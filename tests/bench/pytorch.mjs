/**
 * Training speed and peak memory beside PyTorch at its best settings, in turns on the same machine.
 *
 *   node tests/bench/pytorch.mjs [--rounds 5] [--seconds 20]
 *
 * Needs Debian's python3-torch, python3-numpy and libopenblas0-pthread. The vae: 20,108 products
 * (600, 200, 600), batches of 500, made-up shoppers of 73 products each, against Mult-VAE as it is
 * written in public (dense) and with a sum of embeddings for its first layer, and all of it in bf16
 * (--precision bf16, autocast) where the processor has that. The sequence: Amazon Beauty,
 * softmax over all 12,101 products. The floor is what the products of matrices alone take of a vae's
 * step, at the speed at which a sgemm runs here.
 */
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { env } from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Failure, main, read, root } from '../../web/scripts/run.mjs'
import { median, report, runVitrine, scratch } from './bench.mjs'

const script = fileURLToPath(new URL('pytorch.py', import.meta.url))
const beauty = join(root, '../shared/data/amazon-beauty/Beauty.txt')
const [nItems, hidden, latent] = [20108, 600, 200]
// Forward and backward of a shopper, but for the sparse first layer: 2 operations, 3 products.
const flopsOfShopper = 2 * 3 * (hidden * nItems + hidden * 2 * latent + latent * hidden)

await main(async () => {
  const options = {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '20' },
  }
  const { values } = parseArgs({ options })
  const python = ['python3', '/usr/bin/python3'].find(
    (command) => spawnSync(command, ['-c', 'import torch, numpy']).status === 0,
  )
  if (!python) throw new Failure('python3-torch and python3-numpy are not installed.', 2)
  const folder = scratch('pytorch')
  const sets = { vae: await makeShoppers(folder) }
  if (existsSync(beauty)) sets.sequence = prepareBeauty(folder)

  const results = { core: coreType(), sgemm_flops: {}, rounds: Number(values.rounds) }
  for (const core of coreTypes()) {
    results.sgemm_flops[core] = runPython(python, 'sgemm', '-', '3', core).samples_per_second
  }
  const hasBf16 = cpuFlags().includes('avx512_bf16')
  for (const [model, { data, flags }] of Object.entries(sets)) {
    const train = (...more) => {
      const out = join(folder, model)
      return runVitrine('train', '--data', data, '--out', out, '--force', ...flags, ...more)
    }
    const pytorch = (kind, seconds = values.seconds) => runPython(python, kind, data, seconds)
    const contenders = { ours: () => train(), pytorch: () => pytorch(model) }
    if (model === 'vae') {
      contenders.pytorch_dense = () => pytorch('vae-dense')
      if (hasBf16) {
        contenders.ours_bf16 = () => train('--precision', 'bf16')
        contenders.pytorch_bf16 = () => pytorch('vae-bf16')
        contenders.pytorch_dense_bf16 = () => pytorch('vae-dense-bf16')
      }
      contenders.sgemm = () => pytorch('sgemm', '3')
    }
    const names = Object.keys(contenders)
    const runs = Object.fromEntries(names.map((name) => [name, []]))
    for (let round = 0; round < Number(values.rounds); ++round) {
      for (const name of names) runs[name].push(contenders[name]())
    }
    const speed = (name) => median(runs[name].map((run) => run.samples_per_second))
    const timesFaster = (name, than) =>
      median(runs[name].map((run, i) => run.samples_per_second / runs[than][i].samples_per_second))
    const of = (chosen, value) => Object.fromEntries(chosen.map((name) => [name, value(name)]))
    const timed = names.filter((name) => name !== 'sgemm')
    const others = timed.filter((name) => name.startsWith('pytorch'))
    const own = timed.filter((name) => name.startsWith('ours'))
    results[model] = {
      samples_per_second: of(timed, speed),
      times_faster: of(own, (name) => of(others, (than) => timesFaster(name, than))),
      peak_bytes: of(timed, (name) => median(runs[name].map((run) => run.peak_bytes))),
      ...(model === 'vae' && {
        sgemm_flops: speed('sgemm'),
        share_of_floor: of(own, (name) => speed(name) / (speed('sgemm') / flopsOfShopper)),
      }),
      torch: runs.pytorch[0].torch,
    }
  }
  report('pytorch', results)
})

function cpuFlags() {
  return read('sh', ['-c', 'grep -m1 ^flags /proc/cpuinfo']).split(/\s+/)
}

/** Those whose instructions this machine has: OpenBLAS guesses wrongly on some virtual machines. */
function coreTypes() {
  const flags = cpuFlags()
  const has = (...names) => names.every((name) => flags.includes(name))
  return [
    ...(has('avx2') ? ['Haswell', 'Zen'] : []),
    ...(has('avx512vl') ? ['SkylakeX'] : []),
    ...(has('avx512_bf16') ? ['Cooperlake'] : []),
    ...(has('amx_bf16') ? ['SapphireRapids'] : []),
  ]
}

function coreType() {
  return coreTypes().find((name) => name === 'SkylakeX') ?? coreTypes()[0] ?? ''
}

function runPython(python, kind, data, seconds, core = coreType()) {
  const best = {
    OMP_NUM_THREADS: `${cpus().length}`,
    OPENBLAS_CORETYPE: core,
    MALLOC_MMAP_THRESHOLD_: '4294967296',
    MALLOC_TRIM_THRESHOLD_: '4294967296',
  }
  const ran = spawnSync(python, [script, kind, data, seconds], {
    encoding: 'utf8',
    env: { ...env, ...best },
  })
  if (ran.status !== 0) throw new Failure(`pytorch.py ${kind}: ${ran.stderr}`)
  return JSON.parse(ran.stdout.trimEnd().split('\n').at(-1))
}

/** Ten thousand shoppers of 73 products, a few of which many want; every product has its shoppers. */
async function makeShoppers(folder) {
  const log = join(folder, 'shoppers.csv')
  const file = createWriteStream(log)
  file.write('user,item,time\n')
  let state = 1
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return (state + 0.5) / 2 ** 32
  }
  for (let user = 0; user < 10000; ++user) {
    const items = new Set([0, 1, 2, 3].map((i) => (4 * user + i) % nItems))
    while (items.size < 73) items.add(Math.floor(nItems * uniform() ** 3))
    const rows = [...items].map(
      (item) => `${user},${item},${1400000000 + Math.floor(uniform() * 1e7)}`,
    )
    file.write(`${rows.join('\n')}\n`)
  }
  file.end()
  await once(file, 'finish')
  const data = join(folder, 'shoppers')
  runVitrine('prepare', '--events', log, '--out', data, '--split', 'none', '--force')
  const flags = ['--model', 'vae', '--batch-size', '500', '--epochs', '2', '--no-refit']
  return { data, flags }
}

/** As `vitrine benchmark` prepares it. */
function prepareBeauty(folder) {
  const out = join(folder, 'beauty')
  runVitrine(
    ...['benchmark', '--format', 's3rec', '--input', beauty, '--model', 'popularity'],
    ...['--baselines', 'popularity', '--out', out, '--force'],
  )
  return { data: join(out, 'data'), flags: ['--model', 'sequence', '--epochs', '1', '--no-refit'] }
}
