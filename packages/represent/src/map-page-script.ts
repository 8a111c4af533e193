/**
 * @module What runs in a map's page: drawing, moving, and telling what is under the pointer. Names reach the page as
 * text only (`textContent`), never as markup.
 */
export const MAP_PAGE_SCRIPT = `'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const canvas = document.getElementById('map');
  const context = canvas.getContext('2d');
  const tip = document.getElementById('tip');
  const picture = document.getElementById('picture');
  const caption = document.getElementById('caption');
  const count = data.names.length;
  const hidden = new Set();
  const shown = (i) => !hidden.has(data.classes[i]);
  const sheet = data.sprite && new Image();
  const fit = () => {
    const margin = 30;
    const width = innerWidth - 2 * margin;
    const height = innerHeight - 2 * margin;
    const [left, top, right, bottom] = data.bounds;
    const scale = Math.min(width / (right - left || 1), height / (bottom - top || 1));
    return {
      scale,
      x: innerWidth / 2 - (scale * (left + right)) / 2,
      y: innerHeight / 2 - (scale * (top + bottom)) / 2,
    };
  };
  let view = fit();
  const start = view.scale;
  const placeX = (i) => view.x + view.scale * data.points[2 * i];
  const placeY = (i) => view.y + view.scale * data.points[2 * i + 1];
  let asked = false;
  const redraw = () => {
    if (!asked) requestAnimationFrame(draw);
    asked = true;
  };

  function draw() {
    asked = false;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(innerWidth * ratio) || canvas.height !== Math.round(innerHeight * ratio)) {
      canvas.width = Math.round(innerWidth * ratio);
      canvas.height = Math.round(innerHeight * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, innerWidth, innerHeight);
    const radius = Math.min(8, Math.max(1.5, (count > 2000 ? 2 : 3.5) * Math.sqrt(view.scale / start)));
    const visible = data.colours.map(() => []);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const x = placeX(i);
      const y = placeY(i);
      if (!shown(i) || x < -50 || y < -50 || x > innerWidth + 50 || y > innerHeight + 50) continue;
      visible[data.classes[i]].push(i);
      total++;
    }
    context.globalAlpha = 0.8;
    for (const [label, points] of visible.entries()) {
      context.fillStyle = data.colours[label];
      context.beginPath();
      for (const i of points) {
        context.moveTo(placeX(i) + radius, placeY(i));
        context.arc(placeX(i), placeY(i), radius, 0, 2 * Math.PI);
      }
      context.fill();
    }
    context.globalAlpha = 1;
    // Where there is room, the pictures themselves.
    if (sheet && sheet.complete && total <= 150) {
      const { width, height, columns } = data.sprite;
      const size = 40 / Math.max(width, height);
      for (const [label, points] of visible.entries()) {
        context.strokeStyle = data.colours[label];
        context.lineWidth = 2;
        for (const i of points) {
          const [w, h] = [width * size, height * size];
          const [x, y] = [placeX(i) - w / 2, placeY(i) - h / 2];
          context.drawImage(sheet, (i % columns) * width, Math.floor(i / columns) * height, width, height, x, y, w, h);
          context.strokeRect(x, y, w, h);
        }
      }
    }
  }

  function pointAt(x, y) {
    let best = -1;
    let least = 20 * 20;
    for (let i = 0; i < count; i++) {
      const distance = (placeX(i) - x) ** 2 + (placeY(i) - y) ** 2;
      if (distance < least && shown(i)) {
        least = distance;
        best = i;
      }
    }
    return best;
  }

  function tell(x, y) {
    const i = pointAt(x, y);
    tip.hidden = i < 0;
    if (i < 0) return;
    const label = data.labels[data.classes[i]];
    caption.textContent = label === undefined || label === '' ? data.names[i] : data.names[i] + ' (' + label + ')';
    if (data.sprite) {
      const { width, height, columns } = data.sprite;
      const zoom = 128 / Math.max(width, height);
      picture.width = Math.round(width * zoom);
      picture.height = Math.round(height * zoom);
      const pen = picture.getContext('2d');
      pen.imageSmoothingEnabled = zoom < 3;
      pen.drawImage(sheet, (i % columns) * width, Math.floor(i / columns) * height, width, height, 0, 0, picture.width, picture.height);
    }
    tip.style.left = Math.max(0, Math.min(x + 14, innerWidth - tip.offsetWidth - 4)) + 'px';
    tip.style.top = Math.max(0, Math.min(y + 14, innerHeight - tip.offsetHeight - 4)) + 'px';
  }

  function zoom(x, y, factor) {
    const scale = Math.min(start * 1000, Math.max(start / 4, view.scale * factor));
    const applied = scale / view.scale;
    view = { scale, x: x - applied * (x - view.x), y: y - applied * (y - view.y) };
    tip.hidden = true;
    redraw();
  }

  const pointers = new Map();
  canvas.addEventListener('pointerdown', (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    tip.hidden = true;
  });
  canvas.addEventListener('pointermove', (event) => {
    const { clientX: x, clientY: y } = event;
    const before = pointers.get(event.pointerId);
    if (!before) return tell(x, y);
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      zoom(other[0], other[1], apart([x, y]) / apart(before));
    } else {
      view = { ...view, x: view.x + x - before[0], y: view.y + y - before[1] };
    }
    pointers.set(event.pointerId, [x, y]);
    redraw();
  });
  for (const name of ['pointerup', 'pointercancel'])
    canvas.addEventListener(name, (event) => pointers.delete(event.pointerId));
  canvas.addEventListener('pointerleave', () => {
    tip.hidden = true;
  });
  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      zoom(event.clientX, event.clientY, Math.exp(-event.deltaY / (event.deltaMode === 1 ? 20 : 400)));
    },
    { passive: false },
  );
  canvas.addEventListener('dblclick', () => {
    view = fit();
    redraw();
  });
  addEventListener('resize', redraw);
  addEventListener('keydown', (event) => {
    if (event.key === '+' || event.key === '=') zoom(innerWidth / 2, innerHeight / 2, 1.25);
    if (event.key === '-') zoom(innerWidth / 2, innerHeight / 2, 0.8);
    if (event.key === '0') {
      view = fit();
      redraw();
    }
  });

  const legend = document.getElementById('legend');
  for (const [i, label] of data.labels.entries()) {
    const button = document.createElement('button');
    const swatch = document.createElement('i');
    swatch.style.background = data.colours[i];
    button.append(swatch, label === '' ? 'no label' : label);
    button.setAttribute('aria-pressed', 'true');
    button.addEventListener('click', () => {
      if (!hidden.delete(i)) hidden.add(i);
      button.setAttribute('aria-pressed', String(!hidden.has(i)));
      redraw();
    });
    legend.append(button);
  }
  if (sheet) {
    sheet.addEventListener('load', redraw);
    sheet.src = data.sprite.uri;
  } else picture.remove();
  redraw();
})();
`;
