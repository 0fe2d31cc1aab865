/** Weights from PyTorch and NumPy come in with equal scores; what is written for NumPy opens there. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createRecommender } from 'vitrine'
import { vitrine } from '../../web/scripts/build.mjs'

const scripts = fileURLToPath(new URL('../interop/', import.meta.url))
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import numpy, torch']).status === 0,
)
const skip = python ? false : 'python3-torch and python3-numpy are not installed'

const folder = mkdtempSync(join(tmpdir(), 'vitrine-interop-'))
after(() => rmSync(folder, { recursive: true }))
const path = (name) => join(folder, name)

const runPython = (script, ...args) =>
  execFileSync(python, ['-B', join(scripts, script), ...args], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  })

function run(...args) {
  const line = args.flat(2)
  const { status, stdout, stderr } = spawnSync(vitrine, line, { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, `vitrine ${line.join(' ')}\n${stderr}`)
  return line.includes('--json') ? JSON.parse(stdout.trim().split('\n').at(-1)) : stdout
}

function assertRefused(args, sentence) {
  const { status, stdout, stderr } = spawnSync(vitrine, args, { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 2, `${args.join(' ')}\n${stdout}${stderr}`)
  assert.match(stderr, sentence)
  assert.equal(stderr.trim().split('\n').length, 1, stderr)
}

/** Largest difference between two lists of scores, against the largest score. */
function difference(actual, expected) {
  assert.equal(actual.length, expected.length)
  const size = Math.max(...expected.map(Math.abs))
  return Math.max(...expected.map((score, i) => Math.abs(actual[i] - score) / size))
}

suite('import', { skip }, () => {
  const cases = []
  before(() => {
    runPython('write_weights.py', folder)
    cases.push(...JSON.parse(readFileSync(path('cases.json'), 'utf8')))
  })
  const each = (names, check) => {
    for (const name of names) test(name, () => check(cases.find((it) => it.name === name)))
  }
  const imports = ({ name, file, items, flags }, ...more) =>
    run('import', '--from', file, '--items', items, flags, '--out', name, '--json', more)

  suite('scores are those of PyTorch, by the command and in the engine', () => {
    const all = [
      'vae',
      'vae-recbole',
      'vae-keras',
      'vae-numpy',
      'vae-authors',
      'recvae',
      'recvae-half',
      'sasrec',
      'sasrec-bsarec',
      'sasrec-recbole',
      'ease',
      'ease-layer',
    ]
    test('every file that was written is tested', () => {
      assert.deepEqual(cases.map((it) => it.name).sort(), all.toSorted())
    })
    each(all, async (it) => {
      const { file } = imports(it)
      const ids = readFileSync(path(it.items), 'utf8').trim().split('\n')
      if (ids[0] === '[PAD]') ids.shift()
      const inIdOrder = (items) => {
        const scores = new Map(items.map(({ id, score }) => [id, score]))
        return ids.map((id) => scores.get(id))
      }
      const count = ids.length
      const now = Date.UTC(2024, 5, 1)
      const recommender = await createRecommender({
        model: readFileSync(path(file)),
        now: () => now,
      })
      for (const [i, history] of it.histories.entries()) {
        const flags = ['--count', `${count}`, '--repeats', 'include', '--json']
        const list = run('recommend', '--model', it.name, '--history', history, flags)
        assert.ok(difference(inIdOrder(list.items), it.scores[i]) < 1e-4, `history ${i}`)

        recommender.clear()
        for (const [at, item_id] of history.entries()) {
          recommender.track({ event: 'purchase', item_id, time: now - 60_000 * (99 - at) })
        }
        const { items } = await recommender.recommend({ count, repeats: true })
        assert.ok(difference(inIdOrder(items), it.scores[i]) < 1e-4, `history ${i}, engine`)
      }
      recommender.close()
    })
  })

  test('another number of heads, another padding or transposed weights score otherwise', () => {
    const scores = (name, ...more) => {
      const it = cases.find((each) => each.name === name)
      imports(it, '--force', more)
      const flags = ['--count', '57', '--repeats', 'include', '--json']
      const list = run('recommend', '--model', name, '--history', it.histories[2], flags)
      return list.items.map(({ score }) => score)
    }
    const sasrec = scores('sasrec')
    assert.ok(difference(scores('sasrec', '--padding', 'right'), sasrec) > 0.01)
    assert.deepEqual(scores('sasrec', '--padding', 'left'), sasrec)
    assert.ok(difference(scores('ease', '--transposed'), scores('ease')) > 0.01)
  })

  test('what is imported is exported for the page', () => {
    const it = cases.find(({ name }) => name === 'sasrec-recbole')
    imports(it, '--force')
    run('export', '--model', it.name, '--out', 'page.safetensors')
    const history = ['--history', it.histories[1], '--json']
    const list = run('recommend', '--model', 'page.safetensors', history)
    const own = run('recommend', '--model', it.name, history)
    assert.equal(list.items[0].id, own.items[0].id)
  })

  suite('refuses in one sentence', () => {
    const from = (name) => ['import', '--from', name, '--items', 'vae.txt', '--out', 'none']
    const vae = (...more) => [...from('vae.safetensors'), '--model', 'vae', ...more]
    const write = (name, script) =>
      execFileSync(python, ['-B', '-c', `import numpy as np, tensors\n${script}`, path(name)], {
        env: { ...process.env, PYTHONPATH: scripts },
        cwd: folder,
      })
    const edit = (name, line) =>
      write(
        name,
        `import sys\na = {k: v.copy() for k, v in tensors.read('vae.safetensors').items()}\n${line}\ntensors.write(sys.argv[1], a)`,
      )
    after(() => assert.ok(!readdirSync(folder).includes('none'), 'something was left behind'))

    test('a missing tensor', () => {
      edit('missing.safetensors', "del a['p_layers.1.bias']")
      assertRefused(
        [...from('missing.safetensors'), '--model', 'vae'],
        /'p_layers\.1\.bias' \(57\) is missing.*--map THEIRS=p_layers\.1\.bias/,
      )
    })
    test('a tensor of another shape', () => {
      edit('shape.safetensors', "a['q_layers.1.weight'] = a['q_layers.1.weight'][:, :19]")
      assertRefused(
        [...from('shape.safetensors'), '--model', 'vae'],
        /'q_layers\.1\.weight' is 12 x 19, not 12 x 20/,
      )
    })
    test('layers in x out without the flag, and out x in with it', () => {
      edit('turned.safetensors', 'a = {k: v.T for k, v in a.items()}')
      assertRefused([...from('turned.safetensors'), '--model', 'vae'], /57 are named; add --transp/)
      assertRefused(vae('--transposed'), /--transposed/)
    })
    test('a tensor that has no place', () => {
      edit('more.safetensors', "a['gate.weight'] = a['p_layers.0.bias']")
      const more = [...from('more.safetensors'), '--model', 'vae']
      assertRefused(more, /'gate\.weight' has no place in a vae.*--ignore gate\.weight/)
      run(more.with(-3, 'ignored'), '--ignore', 'gate.')
    })
    test('more hidden layers than a model of ours has', () => {
      edit('deep.safetensors', "a['q_layers.2.weight'] = a['q_layers.1.weight']")
      assertRefused([...from('deep.safetensors'), '--model', 'vae'], /more than one hidden layer/)
    })
    test('a number that is none', () => {
      edit('nan.safetensors', "a['p_layers.0.weight'][3, 2] = np.nan")
      assertRefused(
        [...from('nan.safetensors'), '--model', 'vae'],
        /'p_layers\.0\.weight' holds what is no finite number.*row 3 and column 2/,
      )
    })
    test('whole numbers for weights', () => {
      edit('whole.safetensors', "a['p_layers.0.bias'] = np.arange(20)")
      assertRefused([...from('whole.safetensors'), '--model', 'vae'], /type I64; save weights as/)
    })
    test('files that are cut short, and such as are none', () => {
      const npz = readFileSync(path('vae-recbole.npz'))
      const whole = readFileSync(path('vae.safetensors'))
      const npy = readFileSync(path('ease.npy'))
      for (const [name, bytes, model] of [
        ['cut.npz', npz.subarray(0, npz.length - 100), 'vae'],
        ['altered.npz', Buffer.from(npz).fill(7, 300, 320), 'vae'],
        ['cut.safetensors', whole.subarray(0, whole.length - 1), 'vae'],
        ['header.safetensors', whole.subarray(0, 60), 'vae'],
        ['cut.npy', npy.subarray(0, npy.length - 8), 'ease'],
        ['header.npy', npy.subarray(0, 40), 'ease'],
        ['empty.npz', Buffer.alloc(0), 'vae'],
        ['text.npz', Buffer.from('no weights at all, but some text'), 'vae'],
      ]) {
        writeFileSync(path(name), bytes)
        assertRefused([...from(name), '--model', model], new RegExp(`${name}.*; `))
      }
    })
    test('a checkpoint of torch.save', () => {
      write('model.pt', "import torch, sys; torch.save({'w': torch.ones(2)}, sys.argv[1])")
      assertRefused([...from('model.pt'), '--model', 'vae'], /safetensors\.torch\.save_file/)
    })
    test('another number of products, and ids that are wrong', () => {
      writeFileSync(path('few.txt'), 'a\nb\n')
      writeFileSync(path('twice.txt'), 'a\nb\na\n')
      writeFileSync(path('gap.txt'), 'a\n\nb\n')
      assertRefused(vae('--items', 'few.txt').toSpliced(3, 2), /57 products, but 2 are named/)
      assertRefused(vae('--items', 'twice.txt').toSpliced(3, 2), /twice\.txt: product 'a' occurs/)
      assertRefused(vae('--items', 'gap.txt').toSpliced(3, 2), /gap\.txt: line 2 is empty/)
      assertRefused(vae().toSpliced(3, 2), /--items.*--data/)
    })
    test('names of --map that nothing has, and a --map that is none', () => {
      assertRefused(vae('--map', 'dense_9=q_layers.0'), /no tensor is called 'dense_9'/)
      assertRefused(vae('--map', 'dense_9'), /is not THEIRS=OURS/)
      assertRefused(vae('--heads', '2'), /of a sasrec, not of a vae/)
    })
    test('a sasrec without heads, and those of another form', () => {
      const sasrec = ['--model', 'sasrec', '--heads', '2']
      assertRefused([...from('sasrec.safetensors'), '--model', 'sasrec'], /say it with --heads/)
      assertRefused(
        [...from('sasrec.safetensors').with(-1, 'sasrec'), ...sasrec],
        /already there; add --force/,
      )
      write(
        'pmixer.npz',
        "import sys; np.savez(sys.argv[1], **{'attention_layernorms.0.weight': np.ones(4), 'item_emb.weight': np.ones((58, 4))})",
      )
      assertRefused([...from('pmixer.npz'), ...sasrec], /before attention and not behind it/)
      write(
        'frequency.npz',
        "import sys; np.savez(sys.argv[1], **{'item_encoder.blocks.0.layer.filter_layer.sqrt_beta': np.ones((1, 1, 4)), 'LayerNorm.bias': np.ones(4)})",
      )
      assertRefused([...from('frequency.npz'), ...sasrec], /BSARec's frequency layer/)
    })
  })
})

suite('NumPy', { skip }, () => {
  const files = ['--events', 'shop/events.csv', '--products', 'shop/products.csv']
  before(() => {
    run('generate', '--out', 'shop', '--products', '120', '--shoppers', '400', '--days', '120')
    run('prepare', files, '--out', 'data')
  })

  const evaluate = (model) => run('evaluate', '--data', 'data', '--model', model, '--json').tasks
  const assertSameMetrics = (model, other) => {
    const [a, b] = [evaluate(model), evaluate(other)]
    for (const task of Object.keys(a)) {
      for (const [metric, { value }] of Object.entries(a[task].metrics)) {
        const difference = Math.abs(value - b[task].metrics[metric].value)
        assert.ok(difference <= 1e-3, `${task} ${metric}: ${difference}`)
      }
    }
  }

  test('reads a data set, and what it learns there evaluates like our own', () => {
    run('train', '--data', 'data', '--model', 'linear', '--lambda', '70', '--out', 'own')
    runPython('ease.py', path('data'), '70', path('b.npy'))
    const ease = ['import', '--model', 'ease', '--data', 'data', '--from']
    run(ease, 'b.npy', '--out', 'numpy')
    assertSameMetrics('numpy', 'own')

    runPython('ease.py', path('data'), '70', path('shuffled.npy'), path('shuffled.txt'))
    run(ease, 'shuffled.npy', '--items', 'shuffled.txt', '--out', 'shuffled')
    assertSameMetrics('shuffled', 'own')

    writeFileSync(
      path('other.txt'),
      readFileSync(path('shuffled.txt'), 'utf8').replace(/\n/, 'x\n'),
    )
    assertRefused(
      [...ease, 'shuffled.npy', '--items', 'other.txt', '--out', 'other'],
      /other\.txt: lacks '.*', a product of data/,
    )
  })

  for (const [model, ...flags] of [
    ['vae', '--epochs', '3', '--hidden', '24', '--latent', '12'],
    ['sequence', '--epochs', '1', '--dim', '12', '--blocks', '1'],
    ['gan', '--epochs', '1'],
  ]) {
    test(`makes of the vectors of a ${model} the scores that it gives`, () => {
      const [own, vectors] = [`own-${model}`, `vectors-${model}`]
      run('train', '--data', 'data', '--model', model, flags, '--out', own)
      const embeddings = ['export', '--model', own, '--embeddings', 'npy', '--out', vectors]
      run(embeddings)
      assert.deepEqual(readdirSync(path(vectors)).sort(), ['item_ids.txt', 'item_vectors.npy'])
      run(embeddings, '--data', 'data')
      // One whose history ends with the training part, so that it is the one that was encoded.
      const tested = new Set(shoppersOf('test'))
      const shopper = shoppersOf('train').find((name) => !tested.has(name))
      const scores = JSON.parse(runPython('score_by_vectors.py', path(vectors), shopper))
      const ids = Object.keys(scores)
      const list = run(
        ['recommend', '--model', own, '--data', 'data', '--shopper', shopper],
        ['--count', `${ids.length}`, '--repeats', 'include', '--json'],
      )
      const byId = new Map(list.items.map(({ id, score }) => [id, score]))
      assert.ok(
        difference(
          ids.map((id) => byId.get(id)),
          Object.values(scores),
        ) < 1e-5,
      )
    })
  }

  function shoppersOf(part) {
    const script = `
import sys, pathlib, tensors
for shard in sorted(pathlib.Path(sys.argv[1]).glob(sys.argv[2] + '-*.safetensors')):
    t = tensors.read(shard)
    text, at = t['names'].tobytes(), t['name_offsets'].astype(int)
    for begin, end in zip(at, at[1:]): print(text[begin:end].decode())`
    return execFileSync(python, ['-B', '-c', script, path('data'), part], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: scripts },
    })
      .trim()
      .split('\n')
  }

  test('gets no vectors of what has none, and no folder that is another’s', () => {
    mkdirSync(path('taken'))
    writeFileSync(path('taken/file'), '')
    run('train', '--data', 'data', '--model', 'popularity', '--out', 'popularity')
    const embeddings = (...more) => ['export', '--embeddings', 'npy', ...more]
    assertRefused(embeddings('--model', 'popularity', '--out', 'v'), /has no vectors of products/)
    assertRefused(embeddings('--model', 'own-vae', '--out', 'taken'), /taken: holds other files/)
    assertRefused(
      embeddings('--model', 'own-vae', '--out', 'v', '--dtype', 'int8'),
      /--dtype excludes --embeddings/,
    )
    assert.ok(!readdirSync(folder).includes('v'))
  })
})
