// Many small maps on one canvas, one of which is chosen: by a click, or with the arrow keys.
const sheet = (() => {
    const GAP = 4;
    const MARK = "#e69f00";

    /* Return the number of screen pixels per value, so that maps of any size can be seen. */
    function zoomOf({ height, width }) {
        const sizes = [
            [40, 1],
            [20, 2],
            [10, 3],
            [6, 4],
            [3, 7]
        ];
        return sizes.find(([side]) => Math.max(height, width) >= side)?.[1] ?? 14;
    }

    /* Return where the tiles are, on a canvas at most `room` wide. */
    function layout(count, { height, width }, zoom, room) {
        const tile = { height: height * zoom + GAP, width: width * zoom + GAP };
        const columns = Math.min(count, Math.max(1, Math.floor(room / tile.width)));
        return { count, zoom, tile, columns, rows: Math.ceil(count / columns) };
    }

    /* Return the tile at a point of the canvas, and the row and column in it; null beside the tiles. */
    function placeAt(x, y, { count, zoom, tile, columns }) {
        const index = Math.floor(y / tile.height) * columns + Math.floor(x / tile.width);
        if (x < 0 || x >= columns * tile.width || y < 0 || index >= count) return null;
        const [row, column] = [
            [y, tile.height],
            [x, tile.width]
        ].map(([at, side]) =>
            Math.max(0, Math.min((side - GAP) / zoom - 1, Math.floor((at % side - GAP / 2) / zoom))));
        return { index, row, column };
    }

    /* Return the place that a key leads to, null for other keys; places are counted row by row. */
    function moved(index, key, columns, count) {
        const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
        if (key === "Home") return 0;
        if (key === "End") return count - 1;
        if (!(key in steps)) return null;
        const next = index + steps[key];
        return next >= 0 && next < count ? next : index;
    }

    /* Return the scale of values: grey from 0, or two colours around 0 where some are negative. */
    function scaleOf(values) {
        let [low, high] = [0, 0];
        for (const value of values) {
            if (value < low) low = value;
            if (value > high) high = value;
        }
        return low < 0 ? { scale: "signed", low: -Math.max(-low, high), high: Math.max(-low, high) } : { scale: "grey", low, high };
    }

    /* Return one map of several. */
    function mapOf({ height, width, channels, values }, channel) {
        return { height, width, values: Float32Array.from({ length: height * width }, (_, i) => values[i * channels + channel]) };
    }

    const pure = { zoomOf, layout, placeAt, moved, scaleOf, mapOf };
    if (typeof document === "undefined") return pure;

    /* Let a canvas be used like a slider: `count()` places in `columns()` columns, the arrow keys call changed(index). */
    function sliderOf(canvas, label, { index, count, columns, name }, changed) {
        canvas.tabIndex = 0;
        canvas.setAttribute("role", "slider");
        canvas.setAttribute("aria-label", label);
        canvas.addEventListener("keydown", (event) => {
            const next = moved(index(), event.key, columns(), count());
            if (next === null) return;
            event.preventDefault();
            changed(next);
        });
        return () => {
            canvas.setAttribute("aria-valuemin", 1);
            canvas.setAttribute("aria-valuemax", count());
            canvas.setAttribute("aria-valuenow", index() + 1);
            canvas.setAttribute("aria-valuetext", name(index()));
        };
    }

    /* Set a canvas's size in pixels of the page, sharp on any screen; return its context. */
    function sized(canvas, width, height) {
        const ratio = Math.ceil(window.devicePixelRatio || 1);
        canvas.width = width * ratio;
        canvas.height = height * ratio;
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
        const context = canvas.getContext("2d");
        context.scale(ratio, ratio);
        context.imageSmoothingEnabled = false;
        return context;
    }

    /* Draw a frame around a rectangle that is seen on light and on dark. */
    function frame(context, x, y, width, height) {
        context.lineWidth = 4;
        context.strokeStyle = "#000";
        context.strokeRect(x, y, width, height);
        context.lineWidth = 2;
        context.strokeStyle = MARK;
        context.strokeRect(x, y, width, height);
    }

    const scratch = document.createElement("canvas");
    const greyTable = Uint32Array.from({ length: 511 }, (_, i) => packed(draw.grey(i - 255, 0, 255)));
    const signedTable = Uint32Array.from({ length: 511 }, (_, i) => packed(draw.signed(i - 255, 255)));

    /* Return a colour as a number whose bytes, on all of today's machines, are red, green, blue and 255. */
    function packed([red, green, blue]) {
        return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
    }

    /* Paint all maps on the scratch canvas, one below the other; `depth` channels are one picture. */
    function paintStrip({ height, width, channels, values }, { scale, low, high }, depth) {
        const places = height * width;
        scratch.width = width;
        scratch.height = height * channels / depth;
        const context = scratch.getContext("2d");
        const pixels = context.createImageData(scratch.width, scratch.height);
        const whole = new Uint32Array(pixels.data.buffer);
        const table = scale === "signed" ? signedTable : greyTable;
        const factor = 255 / Math.max(high, -low, 1e-12);
        for (let place = 0; place < places; place++) {
            for (let channel = 0; channel < channels; channel++) {
                const shade = Math.max(0, Math.min(510, Math.round(255 + factor * values[place * channels + channel])));
                if (depth === 1) whole[channel * places + place] = table[shade];
                else pixels.data.set([shade - 255, 255], 4 * (Math.floor(channel / depth) * places + place) + channel % depth);
            }
        }
        context.putImageData(pixels, 0, 0);
    }

    /* Make a sheet in `parent`; `name(index)` is what a screen reader says. Colour images take three channels each. */
    function make(parent, { label, name, depth = 1, chosen = 0, zoom = 0 }, changed) {
        const canvas = draw.add(parent, "canvas", { className: "sheet" });
        let [stack, scale, grid, index] = [null, null, null, chosen];
        const refreshSlider = sliderOf(canvas, label, { index: () => Math.max(index, 0), count: () => grid.count, columns: () => grid.columns, name }, changed);
        canvas.onclick = (event) => {
            const box = canvas.getBoundingClientRect();
            const place = placeAt(event.clientX - box.left, event.clientY - box.top, grid);
            if (place) changed(place.index, place);
        };
        const paint = () => {
            const { height, width, channels } = stack;
            const count = channels / depth;
            const room = parent.clientWidth - 2;
            grid = layout(count, stack, zoom || zoomOf(stack), room);
            paintStrip(stack, scale, depth);
            const context = sized(canvas, grid.columns * grid.tile.width, grid.rows * grid.tile.height);
            for (let i = 0; i < count; i++) {
                const [x, y] = [i % grid.columns * grid.tile.width + GAP / 2, Math.floor(i / grid.columns) * grid.tile.height + GAP / 2];
                const [wide, high] = [width * grid.zoom, height * grid.zoom];
                context.drawImage(scratch, 0, i * height, width, height, x, y, wide, high);
                if (i === index) frame(context, x, y, wide, high);
            }
            refreshSlider();
        };
        return {
            canvas,
            paint,
            show(maps, colours = scaleOf(maps.values)) {
                [stack, scale] = [maps, colours];
                paint();
            },
            choose(place) {
                index = place;
                if (stack) paint();
            },
        };
    }

    return { ...pure, make, sized, frame, sliderOf };
})();

if (typeof module !== "undefined") module.exports = sheet;
