/** Names in every string type that certificates use (RFC 5280 4.1.2.4), shown so that nobody is deceived (RFC 4514). */

import { AttributeValue } from '@peculiar/asn1-x509'
import t from 'tap'
import { readCertificate } from '../../broker/x509/certificate.ts'
import { forgedDer } from '../helpers/forge.ts'
import { pki } from '../helpers/pki.ts'

const { device, signer } = pki()

/** `CN=<this>, O=Acme`. */
function subjectWith(value: Partial<AttributeValue>) {
  const der = forgedDer(device.der, signer.privateKey, tbs => {
    const commonName = tbs.subject.at(-1)?.at(0)
    if (commonName) commonName.value = new AttributeValue(value)
  })
  const reading = readCertificate(der)
  if (!reading.ok) throw new Error(reading.says)
  const { subject, subjectAttributes } = reading.certificate
  return { subject, CommonName: subjectAttributes['CommonName'] }
}

const cases: [name: string, value: Partial<AttributeValue>, text: string, raw: string][] = [
  ['UTF-8', { utf8String: 'Gerät 東京' }, 'Gerät 東京', 'Gerät 東京'],
  ['Printable', { printableString: 'dev-1' }, 'dev-1', 'dev-1'],
  ['IA5', { ia5String: 'a@b' }, 'a@b', 'a@b'],
  ['BMP', { bmpString: 'Gerät 東' }, 'Gerät 東', 'Gerät 東'],
  ['Teletex (T61)', { teletexString: 'dev-1' }, 'dev-1', 'dev-1'],
  ['Universal', { universalString: 'Gerät' }, 'Gerät', 'Gerät'],
  ['a comma that makes no new part', { utf8String: 'a, CN=root' }, 'a\\, CN=root', 'a, CN=root'],
  ['a plus', { utf8String: 'a+OU=x' }, 'a\\+OU=x', 'a+OU=x'],
  ['a line break', { utf8String: 'a\nb' }, 'a\\0ab', 'a\nb'],
  ['a NUL, as in names that lie', { utf8String: 'a\0.b' }, 'a\\00.b', 'a\0.b'],
  ['a terminal command', { utf8String: '\u001b[2J' }, '\\1b[2J', '\u001b[2J'],
  ['a mark that turns text round', { utf8String: 'a\u202eb' }, 'a\\e2\\80\\aeb', 'a\u202eb'],
  ['spaces around', { utf8String: ' a ' }, '\\ a\\ ', ' a '],
  ['nothing', { utf8String: '' }, '', ''],
]

for (const [name, value, text, raw] of cases) {
  t.test(name, async t => {
    const { subject, CommonName } = subjectWith(value)
    t.equal(subject, `CN=${text}, O=Acme`)
    t.same(CommonName, [raw], 'for policies and templates as it is')
  })
}
