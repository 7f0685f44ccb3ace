/** The broker and some tests as plain JavaScript in a folder of their own: a process of it starts in a tenth of the time. */

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import ts from 'typescript'

/**
 * @param more further files, as `test/store/crash-child.ts`
 * @returns the folder; a file of it is run by `node FOLDER/broker/cli/main.js`
 */
export function plainJs(more: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'candid-js-'))
  const sources = readdirSync('broker', { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => join('broker', name))
  const compilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    rewriteRelativeImportExtensions: true,
    verbatimModuleSyntax: true,
  }
  for (const file of [...sources, ...more]) {
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions })
    const path = join(folder, file.replace(/\.ts$/, '.js'))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, outputText)
  }
  writeFileSync(join(folder, 'package.json'), readFileSync('package.json'))
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'))
  return folder
}
