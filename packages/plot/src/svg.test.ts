import { describe, expect, it } from 'vitest';
import { element, fitted, textElement, textWidth } from './svg.js';

describe('SVG', () => {
  it('rounds numbers, leaves out what is undefined, and closes elements', () => {
    expect(element('line', { x: 1 / 3, y: undefined, stroke: '"' })).toBe('<line x="0.33" stroke="&quot;"/>');
    expect(element('g', {}, '<a/>', '<b/>')).toBe('<g><a/><b/></g>');
  });
  it('escapes text, and replaces what XML cannot hold', () => {
    expect(textElement('a<b\u0000\ud800 😀', { x: 1 })).toBe('<text x="1">a&lt;b\ufffd\ufffd 😀</text>');
  });
  it('knows how wide text is', () => {
    expect(textWidth('Wi0', 10)).toBeCloseTo(9.44 + 2.22 + 5.56, 9);
    const cut = fitted('a very long name', 10, 50);
    expect(cut).toBe('a very lon…');
    expect(textWidth(cut, 10)).toBeLessThanOrEqual(50);
    expect(fitted('short', 10, 50)).toBe('short');
  });
});
