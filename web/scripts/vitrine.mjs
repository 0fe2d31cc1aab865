/** The built vitrine command, run where the user stands: `npm run -s vitrine -- ARGUMENTS`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import process, { argv, env } from 'node:process'
import { vitrine } from './build.mjs'
import { Failure, main } from './run.mjs'

await main(async () => {
  if (!existsSync(vitrine)) {
    throw new Failure('vitrine is not built yet; run `npm start -- --once` first.', 2)
  }
  // npm goes to the repository's root; a relative path is meant from where npm was called.
  const child = spawn(vitrine, argv.slice(2), { cwd: env.INIT_CWD, stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  const [code, signal] = await once(child, 'exit').catch(({ message }) => {
    throw new Failure(`vitrine cannot be run: ${message}; build it anew with \`npm run build\`.`, 2)
  })
  if (signal) process.removeAllListeners(signal).kill(process.pid, signal)
  process.exitCode = code
})
