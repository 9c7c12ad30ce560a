/** `npx nx run engine-native:build`. A machine without a compiler is no failure: the portable engine needs none. */
import { buildAddon } from './compile.ts'

process.stdout.write(`${buildAddon(process.env.CC ?? 'cc').message}\n`)
