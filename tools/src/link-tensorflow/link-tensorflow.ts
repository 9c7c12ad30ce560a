/** `npx nx run tools:link-tensorflow`: builds @tensorflow/tfjs-node against the TensorFlow of Python. README.md has more. */
import { type FlagTable, flagsOf, readFlags, runCommand, textFlag } from '@vigil/command-line'
import { toolError } from '../errors.ts'
import { assertCanBuild, buildAddon, runAddon } from './addon.ts'
import { layLibrary } from './lay-library.ts'
import { findNodePackage } from './node-package.ts'
import { findTensorflow } from './python.ts'
import { describeWheel, nvidiaLibraryFolders, readWheel } from './wheel.ts'

const FLAGS = {
  tensorflow: {
    value: 'FOLDER',
    about: 'of the package, for instance venv/lib/python3.11/site-packages/tensorflow',
    default: 'the one that python3 would import',
  },
} as const satisfies FlagTable

const say = (text: string) => process.stdout.write(`${text}\n`)

await runCommand({
  help: {
    command: 'tools:link-tensorflow',
    file: 'tools/src/link-tensorflow/link-tensorflow.ts',
    purpose: 'Links a TensorFlow that pip has installed into @tensorflow/tfjs-node, for the backend tensorflow.',
    groups: [{ title: 'Flags', flags: flagsOf(FLAGS) }],
    examples: ['', '--tensorflow=venv/lib/python3.11/site-packages/tensorflow'],
  },
  async run({ words }) {
    const path = textFlag(readFlags(words, FLAGS), 'tensorflow', 'FOLDER')
    if (process.platform !== 'linux') {
      throw toolError(
        'PLATFORM',
        `Linking is written for Linux, but this is ${process.platform}. Use the library that @tensorflow/tfjs-node downloads.`,
      )
    }
    const wheel = readWheel(findTensorflow(path))
    say(describeWheel(wheel))
    const target = findNodePackage()
    say(`${target.name} ${target.version} in ${target.folder}`)

    assertCanBuild(wheel)
    layLibrary(wheel, target)
    say('Headers and libraries are linked. Building the add-on, which takes some seconds ...')
    buildAddon(wheel, target)

    const { version, isGpu } = runAddon(target)
    if (version !== wheel.version) {
      throw toolError(
        'ADDON',
        `The add-on must run TensorFlow ${wheel.version}, but runs ${version}. Remove ${target.folder}/lib and run this again.`,
      )
    }
    say(
      `The add-on runs TensorFlow ${version} on ${isGpu ? 'GPU' : 'CPU'}. See it with \`npx nx run learner:backends\`.`,
    )
    if (wheel.cudaVersion !== null && !isGpu) {
      const folders = nvidiaLibraryFolders(wheel)
      say(
        `This TensorFlow is built for CUDA ${wheel.cudaVersion}, but finds no GPU. If nvidia-smi shows one, ` +
          (folders.length === 0
            ? `install the CUDA libraries with \`pip install 'tensorflow[and-cuda]==${wheel.version}'\`.`
            : `set LD_LIBRARY_PATH=${folders.join(':')} when you train.`),
      )
    }
    return { tensorflow: version, isGpu, folder: target.folder }
  },
})
