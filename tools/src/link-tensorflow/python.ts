import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { toolError } from '../errors.ts'

/** Where Python would import TensorFlow from; nothing of it is loaded, so its own needs need not be there. */
const FIND = `
import importlib.util
spec = importlib.util.find_spec("tensorflow")
folders = spec.submodule_search_locations if spec else None
print(list(folders)[0] if folders else "")
`

/**
 * The folder of the package `tensorflow`.
 *
 * @param path given by the user: that folder, or the site-packages around it; undefined = what python3 would import
 * @throws {VigilError} PYTHON_MISSING, TENSORFLOW_MISSING
 */
export function findTensorflow(path: string | undefined): string {
  // The build of the add-on needs Python too.
  const { error, status, stdout, stderr } = spawnSync('python3', ['-c', FIND], { encoding: 'utf8' })
  if (error !== undefined || status !== 0) {
    const why = error?.message ?? stderr.trim().split('\n').at(-1)
    throw toolError('PYTHON_MISSING', `python3 must run, but does not: ${why}. Install Python 3.10 or later.`)
  }
  const found = path === undefined ? stdout.trim() : folderOf(resolve(path))
  if (found === '') {
    throw toolError(
      'TENSORFLOW_MISSING',
      'python3 finds no TensorFlow. Install one with `pip install tensorflow-cpu`, for a GPU with ' +
        "`pip install 'tensorflow[and-cuda]'`, or say where it is: --tensorflow=PATH.",
    )
  }
  return found
}

function folderOf(path: string): string {
  if (!existsSync(path)) {
    throw toolError('TENSORFLOW_MISSING', `--tensorflow must be a folder, but there is no ${path}.`)
  }
  const inside = join(path, 'tensorflow')
  return existsSync(join(inside, '__init__.py')) ? inside : path
}
