/** `npx nx run engine-native:build`. A machine without a compiler is no failure: the portable engine needs none. */
import { buildAddon } from './compile.ts'

const words = process.argv.slice(2)
if (words.length > 0) {
  process.stderr.write(
    `error UNKNOWN_FLAG: engine-native:build takes no flags, received ${JSON.stringify(words[0])}.\n`,
  )
  process.exitCode = 2
} else process.stdout.write(`${buildAddon(process.env.CC ?? 'cc').message}\n`)
