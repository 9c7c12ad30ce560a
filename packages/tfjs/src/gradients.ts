/**
 * Registers the gradient of every operation of TF.js.
 *
 * The bundle of tfjs-core for Node has none. They lie beside it as modules for bundlers, which name one another without
 * the ending `.js`: a hook adds it while they are loaded. They register themselves in the one registry that tfjs-core
 * keeps on the global object, as those of the union package `@tensorflow/tfjs` do.
 */
import { registerHooks } from 'node:module'

const folder = new URL('.', import.meta.resolve('@tensorflow/tfjs-core')).href

const hooks = registerHooks({
  resolve: (name, context, next) =>
    name.startsWith('.') && context.parentURL?.startsWith(folder) ? next(`${name}.js`, context) : next(name, context),
})
try {
  await import(`${folder}register_all_gradients.js`)
} finally {
  hooks.deregister()
}
