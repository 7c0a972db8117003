/* global uPlot */
(() => {
  'use strict';

  const charts = JSON.parse(document.getElementById('chart-data').textContent);
  const root = document.documentElement;
  const minute = 60;
  const hour = 3600;
  const secondSteps = [1, 2, 5, 10, 15, 30];
  const clockSteps = [1, 2, 5, 10, 15, 30].map((minutes) => minutes * minute);
  const hourSteps = [1, 2, 3, 6, 12, 24, 48, 96].map((hours) => hours * hour);

  /** A value of the style sheet, so that colours and patterns stand in one place. */
  const token = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();

  const grouped = (value) => value.toLocaleString('en', { maximumFractionDigits: 2 });

  const clock = (seconds) => {
    const two = (value) => String(Math.floor(value)).padStart(2, '0');
    const rest = `${two(seconds % minute)}`;
    if (seconds < hour) return `${Math.floor(seconds / minute)}:${rest}`;
    return `${Math.floor(seconds / hour)}:${two((seconds % hour) / minute)}:${rest}`;
  };

  /**
   * @param scale 1 on screen; on paper the drawing is made larger and fitted by the style sheet, to be sharp.
   */
  function axes(chart, width, scale) {
    const ink = token('muted');
    const common = {
      stroke: ink,
      font: `${12 * scale}px ${token('sans')}`,
      ticks: { show: false },
      gap: 6 * scale,
    };
    const grid = { stroke: token('grid'), width: scale };
    const across =
      chart.kind === 'time'
        ? {
            incrs: [...secondSteps, ...clockSteps, ...hourSteps],
            values: (_, splits) => splits.map(clock),
          }
        : chart.kind === 'bars'
          ? edgeAxis(chart, width / scale)
          : { values: (_, splits) => splits.map(grouped) };
    return [
      {
        ...common,
        ...across,
        grid: { show: false },
        space: 56 * scale,
        size: 26 * scale,
        ...(chart.acrossUnit && {
          label: chart.acrossUnit,
          labelFont: common.font,
          labelSize: 16 * scale,
          labelGap: 0,
        }),
      },
      {
        ...common,
        grid,
        space: 36 * scale,
        values: (_, splits) => splits.map(grouped),
        size: (_, values) => (14 + 7 * Math.max(2, ...(values ?? []).map((text) => text.length))) * scale,
      },
    ];
  }

  /** Labels at the edges between bars, as many as there is room for. */
  function edgeAxis(chart, width) {
    const every = Math.max(1, Math.ceil(chart.edges.length / (width / 52)));
    const chosen = chart.edges.map((_, index) => index).filter((index) => index % every === 0);
    return {
      splits: () => chosen.map((index) => index - 0.5),
      values: (_, splits) => splits.map((split) => chart.edges[Math.round(split + 0.5)]),
    };
  }

  /** Places of the values that have none beside them. */
  function aloneIn(values) {
    const isGap = (value) => value === null || value === undefined;
    return [...values.keys()].filter(
      (at) => !isGap(values[at]) && isGap(values[at - 1]) && isGap(values[at + 1]),
    );
  }

  function seriesOptions(chart, { tone }, scale) {
    const stroke = token(`tone-${tone}`);
    if (chart.kind === 'bars') {
      return {
        stroke,
        fill: `${stroke}b0`,
        width: 0,
        paths: uPlot.paths.bars({ size: [0.92] }),
        points: { show: false },
      };
    }
    if (chart.kind === 'dots') {
      return {
        stroke,
        paths: () => null,
        points: { show: true, size: 6 * scale, fill: `${stroke}60`, width: scale },
      };
    }
    const dash = token(`dash-${tone}`)
      .split(' ')
      .map((length) => Number(length) * scale);
    const alone = chart.series.length === 1;
    return {
      stroke,
      width: 1.75 * scale,
      ...(chart.kind === 'curve' && { spanGaps: true }),
      ...(dash.length > 1 && { dash }),
      ...(chart.stacked && !alone && tone === chart.series[0].tone && { fill: `${stroke}50` }),
      ...((alone || (tone === '1' && chart.id === 'throughput')) && { fill: `${stroke}1c` }),
      ...(tone === 'failure' && { fill: `${stroke}38` }),
      // A line needs two points: a value that stands alone is drawn as a dot, or it would not be seen.
      points: {
        show: true,
        size: 7 * scale,
        fill: stroke,
        filter: (plot, index) =>
          chart.kind === 'curve' ? [...plot.data[index].keys()] : aloneIn(plot.data[index]),
      },
    };
  }

  /** The ground between neighbouring lines, the more tinted the lower. */
  function ribbon(chart) {
    const fill = token('tone-1');
    return chart.series.slice(1).map((_, index) => ({
      series: [index + 2, index + 1],
      fill: `${fill}${index === 0 ? '2a' : '14'}`,
    }));
  }

  /** What bounds a range has no line of its own. */
  const bounds = ({ bands = [] }) => bands.flatMap(({ low, high }) => [high, low]);

  /** The ground of each range: its upper and its lower bound come behind the lines. */
  function ranges({ bands, series }) {
    return bands.map(({ tone }, index) => {
      const upper = series.length + 1 + 2 * index;
      return { series: [upper, upper + 1], fill: `${token(`tone-${tone}`)}2a` };
    });
  }

  /** The ground of each layer of a stack, from the one below it. */
  function layers(chart) {
    return chart.series
      .slice(1)
      .map(({ tone }, index) => ({ series: [index + 2, index + 1], fill: `${token(`tone-${tone}`)}50` }));
  }

  /** What is drawn: of a stack each line is the sum of its own values and those below, and has a gap where it adds none. */
  function drawnValues({ series, stacked }) {
    if (!stacked) return series.map(({ values }) => values);
    let top = [];
    return series.map(({ values }, layer) => {
      top = values.map((value, at) => (top[at] ?? 0) + (value ?? 0));
      const adds = (at) => layer === 0 || [at - 1, at, at + 1].some((near) => values[near]);
      return top.map((value, at) => (adds(at) ? value : null));
    });
  }

  /** Parts of the time on a ground of their own, with their names where there is room for them. */
  function drawSpans(plot, spans, scale) {
    const { ctx, bbox } = plot;
    const pixels = uPlot.pxRatio * scale;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `600 ${11 * pixels}px ${token('sans')}`;
    ctx.textBaseline = 'top';
    for (const { label, kind, from, to } of spans) {
      const colour = token(kind === 'stall' ? 'fail' : 'muted');
      const left = plot.valToPos(from, 'x', true);
      const width = Math.max(2 * pixels, plot.valToPos(to, 'x', true) - left);
      ctx.fillStyle = `${colour}${kind === 'stall' ? '24' : '17'}`;
      ctx.fillRect(left, bbox.top, width, bbox.height);
      const room = ctx.measureText(label).width + 8 * pixels;
      if (kind !== 'stall' && room > width) continue;
      ctx.fillStyle = colour;
      ctx.fillText(label, Math.min(left + 4 * pixels, bbox.left + bbox.width - room), bbox.top + 3 * pixels);
    }
    ctx.restore();
  }

  /** Rows of names below each other: the one after the last begins above again. */
  const markerRows = 6;

  /** Vertical lines with a name, each a row lower than the one before so that the names do not collide. */
  function drawMarkers(plot, markers, scale) {
    const { ctx, bbox } = plot;
    const pixels = uPlot.pxRatio * scale;
    ctx.save();
    ctx.font = `600 ${11 * pixels}px ${token('sans')}`;
    ctx.lineWidth = pixels;
    ctx.textBaseline = 'top';
    const { min, max } = plot.scales.x;
    const shown = markers.filter(({ x }) => x >= min && x <= max);
    shown.forEach(({ label, x }, index) => {
      const row = index % markerRows;
      const left = Math.round(plot.valToPos(x, 'x', true));
      const top = bbox.top + row * 15 * pixels;
      ctx.strokeStyle = ctx.fillStyle = token('ink');
      ctx.setLineDash([3 * pixels, 3 * pixels]);
      ctx.beginPath();
      ctx.moveTo(left, top);
      ctx.lineTo(left, bbox.top + bbox.height);
      ctx.stroke();
      const fits = left + ctx.measureText(label).width + 8 * pixels < bbox.left + bbox.width;
      ctx.textAlign = fits ? 'left' : 'right';
      ctx.fillText(label, left + (fits ? 4 : -4) * pixels, top);
    });
    ctx.restore();
  }

  /** What a chart shows, in whole units of its horizontal axis. */
  const rangeOf = ({ scales }) => `${Math.round(scales.x.min)} ${Math.round(scales.x.max)}`;

  /** Whether a chart shows all that it has: not a part that was chosen. */
  const isWhole = (chart, low, high) =>
    low === null ||
    low === undefined ||
    chart.kind === 'bars' ||
    (low <= chart.x[0] && high >= chart.x.at(-1));

  function options(chart, { width, height, scale, onCursor }) {
    const last = chart.x.length - 1;
    const end =
      chart.kind === 'time' ? clock(chart.x[last]) : (chart.edges?.at(-1) ?? grouped(chart.x[last]));
    const across =
      chart.kind === 'bars' ? [-0.5, last + 0.5] : [Math.min(0, chart.x[0]), Math.max(chart.x[last], 1)];
    return {
      width,
      height,
      // The last label of the axis stands below the end, and half of it beyond.
      padding: [10 * scale, Math.max(20, 4 * end.length) * scale, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        // What is dragged across is looked at closer, in all charts over time together.
        drag: { x: chart.kind !== 'bars', y: false },
        points: { size: 8 },
        ...(chart.kind === 'time' && { sync: { key: 'time' } }),
      },
      scales: {
        x: { time: false, range: (_, low, high) => (isWhole(chart, low, high) ? across : [low, high]) },
        // From zero: a chart that starts elsewhere makes small differences look large.
        y: { range: (_, __, highest) => [0, Math.max(chart.atLeast, (highest ?? 0) * 1.08)] },
      },
      axes: axes(chart, width, scale),
      series: [
        {},
        ...chart.series.map((series) => seriesOptions(chart, series, scale)),
        ...bounds(chart).map(() => ({ width: 0, points: { show: false } })),
      ],
      ...(chart.ribbon && { bands: ribbon(chart) }),
      ...(chart.stacked && { bands: layers(chart) }),
      ...(chart.bands && { bands: ranges(chart) }),
      hooks: {
        ...(chart.spans && { drawClear: [(plot) => drawSpans(plot, chart.spans, scale)] }),
        setCursor: [(plot) => onCursor(plot.cursor.idx)],
        setScale: [
          (plot, key) => {
            if (key === 'x') plot.root.parentElement.dataset.range = rangeOf(plot);
          },
        ],
        ...(chart.markers && { draw: [(plot) => drawMarkers(plot, chart.markers, scale)] }),
      },
    };
  }

  const plots = new Map();
  /** Charts over time show the same part. */
  function zoomed(min, max) {
    for (const [chart, plot] of plots) if (chart.kind === 'time') plot.setScale('x', { min, max });
  }

  /** One chart of the page: draws it, and shows in words what is under its cursor. */
  function mount(chart) {
    const figure = document.querySelector(`[data-chart="${chart.id}"]`);
    const box = figure.querySelector('.plot');
    const readout = figure.querySelector('.readout');
    const body = figure.querySelector('tbody');
    const names = [...figure.querySelectorAll('thead [data-label]')].map((cell) => cell.dataset.label);
    let plot;
    let current = null;

    function onCursor(index) {
      current = index ?? null;
      if (current === null) {
        readout.textContent = readout.dataset.summary;
        return;
      }
      const [label, ...cells] = [...body.rows[current].children].map((cell) => cell.textContent);
      readout.textContent = `${label}: ${cells.map((text, index) => `${names[index]} ${text}`).join(', ')}`;
    }

    function draw(paper) {
      plot?.destroy();
      const size = paper
        ? {
            scale: 2,
            width: (chart.kind === 'time' ? 340 : 700) * 2,
            height: (chart.kind === 'time' ? 190 : 230) * 2,
          }
        : { scale: 1, width: box.clientWidth, height: box.clientHeight };
      const data = [chart.x, ...drawnValues(chart), ...bounds(chart)];
      plot = new uPlot(options(chart, { ...size, onCursor }), data, box);
      plots.set(chart, plot);
    }

    /** Moves the cursor of this chart, and with it those of the charts beside it. */
    const setCursor = (left, top) => plot.setCursor({ left, top }, true, true);
    const leave = () => setCursor(-10, -10);

    function moveTo(index) {
      const chosen = Math.max(0, Math.min(chart.x.length - 1, index));
      setCursor(plot.valToPos(chart.x[chosen], 'x'), plot.over.clientHeight / 2);
    }

    /** Shows a part, around the point that is read: of all charts over time, or of this one. */
    function show(min, max) {
      if (chart.kind === 'time') zoomed(min, max);
      else if (chart.kind !== 'bars') plot.setScale('x', { min, max });
    }

    function zoom(factor) {
      const { min, max } = plot.scales.x;
      const middle = current === null ? (min + max) / 2 : chart.x[current];
      const [first, end] = [Math.min(0, chart.x[0]), chart.x.at(-1)];
      const least = chart.kind === 'time' ? 1 : (end - first) / 100;
      const half = Math.max(least, ((max - min) * factor) / 2);
      show(Math.max(first, middle - half), Math.min(end, middle + half));
    }

    const moves = {
      ArrowRight: () => (current === null ? 0 : current + 1),
      ArrowLeft: () => (current === null ? chart.x.length - 1 : current - 1),
      PageDown: () => (current ?? 0) + 10,
      PageUp: () => (current ?? 0) - 10,
      Home: () => 0,
      End: () => chart.x.length - 1,
    };
    box.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'Escape') leave();
      else if (event.key === '+' || event.key === '=') zoom(0.5);
      else if (event.key === '-') zoom(2);
      else if (event.key === '0') show(chart.x[0], chart.x.at(-1));
      else if (moves[event.key]) moveTo(moves[event.key]());
      else return;
      event.preventDefault();
    });
    // Only the chart that is being read aloud speaks; the others follow its cursor silently.
    box.addEventListener('focus', () => readout.setAttribute('aria-live', 'polite'));
    box.addEventListener('blur', () => {
      readout.removeAttribute('aria-live');
      leave();
    });
    /** Of a load that goes on: all points so far. */
    function update({ x, labels, summary, texts, values }) {
      const part = plot && !isWhole(chart, plot.scales.x.min, plot.scales.x.max) && plot.scales.x;
      const reads = current;
      chart.x = x;
      chart.series.forEach((series, index) => {
        series.values = values[index];
      });
      readout.dataset.summary = summary;
      body.replaceChildren(
        ...labels.map((label, row) => rowOf([label, ...texts.map((column) => column[row])])),
      );
      draw(false);
      if (part) plot.setScale('x', { min: part.min, max: part.max });
      if (reads === null) readout.textContent = summary;
      else moveTo(reads);
    }

    new ResizeObserver(() => {
      if (!root.dataset.printing && box.clientWidth > 0) draw(false);
    }).observe(box);
    draw(false);
    return { draw, update };
  }

  /** A row of a table of data. */
  function rowOf([label, ...texts]) {
    const row = document.createElement('tr');
    const heading = document.createElement('th');
    heading.scope = 'row';
    heading.textContent = label;
    row.append(
      heading,
      ...texts.map((text) => {
        const cell = document.createElement('td');
        cell.className = 'number';
        cell.textContent = text;
        return cell;
      }),
    );
    return row;
  }

  const drawings = new Map(charts.map((chart) => [chart.id, mount(chart)]));
  const drawAll = (paper) => drawings.forEach(({ draw }) => draw(paper));
  document.addEventListener('loadwright:charts', ({ detail }) => {
    for (const fresh of detail) drawings.get(fresh.id)?.update(fresh);
  });
  const closed = [];

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawAll(false));
  addEventListener('beforeprint', () => {
    root.dataset.printing = 'yes';
    for (const details of document.querySelectorAll('.configuration:not([open])')) {
      details.open = true;
      closed.push(details);
    }
    drawAll(true);
  });
  addEventListener('afterprint', () => {
    delete root.dataset.printing;
    for (const details of closed.splice(0)) details.open = false;
    drawAll(false);
  });
})();
