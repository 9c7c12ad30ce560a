import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { readTree, repositoryRoot } from '../tree.ts'
import { hideDecorators, showDecorators } from './decorators.ts'

// Biome over every `assembly/` folder: in a copy whose decorators are comments, under the same paths, so that what it reports is
// true of the originals. `--write` brings its changes back.

const write = process.argv.includes('--write')
const copy = mkdtempSync(join(tmpdir(), 'vigil-assembly-'))
try {
  const originals = [...readTree(repositoryRoot)].filter(([path]) => /^packages\/[^/]+\/assembly\/.*\.ts$/.test(path))
  for (const [path, text] of originals) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    writeFileSync(join(copy, path), hideDecorators(text))
  }
  const config = JSON.parse(readFileSync(join(repositoryRoot, 'biome.json'), 'utf8'))
  writeFileSync(join(copy, 'biome.json'), JSON.stringify(forAssembly(config)))
  const biome = join(repositoryRoot, 'node_modules/@biomejs/biome/bin/biome')
  const { status } = spawnSync(
    process.execPath,
    [biome, 'check', '--max-diagnostics=none', ...(write ? ['--write'] : []), 'packages'],
    {
      cwd: copy,
      stdio: 'inherit',
    },
  )
  if (write) {
    for (const [path, text] of originals) {
      const checked = showDecorators(readFileSync(join(copy, path), 'utf8'))
      if (checked !== text) writeFileSync(join(repositoryRoot, path), checked)
    }
  }
  process.exitCode = status ?? 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}

/** The house's rules without those that AssemblyScript cannot follow, or means otherwise. */
function forAssembly(config: BiomeConfig): unknown {
  const { style, suspicious, ...rules } = config.linter.rules
  return {
    formatter: config.formatter,
    javascript: config.javascript,
    linter: {
      rules: {
        ...rules,
        // It has no type imports; in hot loops a parameter is a pointer that walks.
        style: { ...style, useImportType: 'off', noParameterAssign: 'off' },
        // `==` compares values of one type, `isNaN` takes a number, and Math.LOG2E is no f32.
        suspicious: {
          ...suspicious,
          noDoubleEquals: 'off',
          noGlobalIsNan: 'off',
          noApproximativeNumericConstant: 'off',
        },
      },
    },
  }
}

interface BiomeConfig {
  formatter: object
  javascript: object
  linter: { rules: { style: object; suspicious: object } }
}
