import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  XML_DEPTH_MAX,
  XML_ELEMENTS_MAX,
  attributeOf,
  parseXml,
} from '../../../src/config/xml/xml-tree.ts'

describe('an XML file', () => {
  it('becomes elements that know where they, their attributes and values stand', () => {
    const root = parseXml('<a>\r\n  <b\n    x = "1"\n    y=\'2\'>t</b>\r\n</a>', 'f.xml')
    const [b] = root.children
    assert.ok(b !== undefined)
    assert.deepEqual([root.where, b.where, b.text], ['f.xml:1:1', 'f.xml:2:3', 't'])
    const [x, y] = b.attributes
    assert.deepEqual([x?.value, x?.where, x?.valueWhere], ['1', 'f.xml:3:5', 'f.xml:3:10'])
    assert.deepEqual([y?.value, y?.where, y?.valueWhere], ['2', 'f.xml:4:5', 'f.xml:4:8'])
  })

  it('tells namespaces apart, by default and by prefix', () => {
    const root = parseXml('<a xmlns="u" xmlns:p="v" p:q="1" r="2"><p:c/></a>', 'f.xml')
    assert.equal(root.namespace, 'u')
    assert.equal(root.children[0]?.namespace, 'v')
    assert.deepEqual(
      root.attributes.map(({ name, namespace }) => [name, namespace]),
      [
        ['q', 'v'],
        ['r', ''],
      ],
    )
    assert.equal(attributeOf(root, 'q'), undefined)
  })

  it('keeps entities of XML and places behind them apart', () => {
    const root = parseXml('<a u="x?a=1&amp;b=2" w="3"/>', 'f.xml')
    assert.equal(attributeOf(root, 'u')?.value, 'x?a=1&b=2')
    assert.equal(attributeOf(root, 'w')?.where, 'f.xml:1:22')
  })

  const refusals: readonly (readonly [string, string, RegExp])[] = [
    ['is not closed', '<a>\n<b></a>', /^f.xml:2:\d+: no well-formed XML: unexpected close tag/],
    ['has a document type', '<!DOCTYPE a SYSTEM "x">\n<a/>', /^f.xml:1:1: a document type is not/],
    ['has an entity of its own', '<a b="&mine;"/>', /no well-formed XML: undefined entity/],
    ['has an attribute twice', '<a b="1" b="2"/>', /no well-formed XML: duplicate attribute/],
    [
      'has an & that begins no entity',
      '<!-- a & b -->\n<a u="x?b=1&c=2"><b d="1"/></a>',
      /^f.xml:2:12: no well-formed XML: write &amp; for each & of a URI$/,
    ],
    ['is empty', '', /no well-formed XML|no XML element/],
    ['is no XML', 'brokerName: a', /no well-formed XML/],
    ['is nested too deep', '<a>'.repeat(XML_DEPTH_MAX + 1), /nested more than 64 deep/],
    ['has too many elements', `<a>${'<b/>'.repeat(XML_ELEMENTS_MAX)}</a>`, /more than 20000 elem/],
  ]
  for (const [what, text, message] of refusals) {
    it(`is refused when it ${what}`, () => {
      assert.throws(() => parseXml(text, 'f.xml'), { message })
    })
  }
})
