/**
 * From a shop's log to ranked products, with nothing prepared by hand: installs, builds, makes the
 * example shop, trains, exports, ranks for one of its shoppers and serves the demo shop.
 */
import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { argv, cwd, env, execPath } from 'node:process'
import { parseArgs } from 'node:util'
import { buildNative, buildPackage } from './build.mjs'
import { install } from './install.mjs'
import { Failure, heading, main, root, run } from './run.mjs'
import { sampleShopper } from './sample-shopper.mjs'
import { stage } from './stages.mjs'

const usage = `npm start                                       the example shop
npm start -- --events FILE [--products FILE]    a shop's own log, and its products if at hand
npm start -- --once                             all of it but serving
npm start -- --port 8080                        where to serve

With --events, any other flag goes to \`vitrine prepare\`: --column, --encoding, --cut and so on.`

await main(async () => {
  if (argv.includes('--help') || argv.includes('-h')) return console.log(usage)
  const { values, others } = readArguments()
  const { events, products, once, port = '8080' } = values
  if (!events && (products || others.length > 0))
    throw new Failure(`${products ? '--products' : others[0]} needs --events as well.`, 2)
  const own = { events: given(events), products: given(products) }

  await install('build')
  await buildNative()
  await buildPackage()
  const shop = own.events
    ? { ...own, reading: others, out: 'out/own', inputs: Object.values(own).filter(Boolean) }
    : await exampleShop('out/example')
  const store = await train(shop)
  await rank(shop, store)
  if (!once) await serve(shop, store, port)
})

/** Our own flags, and all other words of the command line as they stand. */
function readArguments() {
  const options = {
    events: { type: 'string' },
    products: { type: 'string' },
    once: { type: 'boolean' },
    port: { type: 'string' },
  }
  const ours = []
  const others = []
  const words = argv.slice(2)
  for (let i = 0; i < words.length; ++i) {
    const { type } = options[words[i].match(/^--(\w+)/)?.[1]] ?? {}
    if (type === undefined) others.push(words[i])
    else ours.push(words[i])
    if (type === 'string' && !words[i].includes('=') && i + 1 < words.length) ours.push(words[++i])
  }
  return { values: parseArgs({ args: ours, options }).values, others }
}

/** A file named on the command line, seen from where npm was called. */
function given(name) {
  if (name === undefined) return undefined
  const path = resolve(env.INIT_CWD ?? cwd(), name)
  if (!existsSync(path)) throw new Failure(`${name}: no such file.`, 2)
  return path
}

async function exampleShop(out) {
  const shop = join(out, 'shop')
  const key = await stage('Making the example shop', {
    out: shop,
    args: ['generate', '--out', shop, '--force'],
    inputs: [],
  })
  return {
    out,
    events: join(shop, 'events.csv'),
    products: join(shop, 'products.csv'),
    pictures: join(shop, 'pictures'),
    inputs: [key],
  }
}

/** Makes the shop's model file and returns its path. */
async function train({ out, events, products, reading = [], inputs }) {
  const [data, model, store] = ['data', 'model', 'store.safetensors'].map((name) => join(out, name))
  const log = ['--events', events, ...(products ? ['--products', products] : [])]
  let key = await stage('Preparing the log', {
    out: data,
    args: ['prepare', ...log, ...reading, '--out', data, '--force'],
    inputs,
  })
  key = await stage('Training', {
    out: model,
    args: ['train', '--model', 'vae', '--adapt', '--data', data, '--out', model, '--force'],
    inputs: [key],
  })
  await stage('Exporting', {
    out: store,
    args: ['export', '--model', model, '--out', store],
    inputs: [key],
  })
  return store
}

/** Prints the list for one of the log's shoppers, made in Node by the npm package. */
async function rank({ out }, store) {
  const history = join(out, 'shopper.json')
  writeFileSync(
    join(root, history),
    `${JSON.stringify(sampleShopper(join(root, out, 'data')), null, 2)}\n`,
  )
  heading('Ranking for a shopper of the log')
  await run(execPath, ['examples/node/recommend.mjs', '--store', store, '--history', history])
}

async function serve({ pictures }, store, port) {
  heading('Serving the demo shop')
  const args = ['--store', store, ...(pictures ? ['--pictures', pictures] : []), '--port', port]
  await run(execPath, ['examples/storefront/serve.mjs', ...args])
}
