/* Convolution stepper: a window moves over a small image; every number can be followed. */
const convolution = (() => {
    /* Return the pixels that a window covers along one axis, how far it can move, its positions and the unread pixels. */
    function geometry({ size, kernelSize, stride, padding, dilation }) {
        const extent = dilation * (kernelSize - 1) + 1;
        const room = size + 2 * padding - extent;
        const fits = room >= 0;
        return { extent, room, fits, outputs: fits ? Math.floor(room / stride) + 1 : 0, unread: fits ? room % stride : 0 };
    }

    const map = (rows, columns, value) =>
        Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (__, c) => value(r, c)));

    /* Return the image cut to size × size, or made larger by repeating its border. */
    const resizeImage = (image, size) =>
        map(size, size, (r, c) => image[Math.min(r, image.length - 1)][Math.min(c, image[0].length - 1)]);

    /* Return the kernel cut to size × size, or with zeros around it. */
    function resizeKernel(kernel, size) {
        const shift = Math.floor((size - kernel.length) / 2);
        return map(size, size, (r, c) => kernel[r - shift]?.[c - shift] ?? 0);
    }

    /* Return the image with `padding` pixels on each side: zeros, or the border repeated. */
    function pad(image, padding, repeat = false) {
        const size = image.length;
        const clamp = (i) => Math.max(0, Math.min(size - 1, i - padding));
        return map(size + 2 * padding, size + 2 * padding, (r, c) =>
            repeat ? image[clamp(r)][clamp(c)] : image[r - padding]?.[c - padding] ?? 0);
    }

    /* Return a position of the window on a padded image: its corner, the nine (or more) products, and their sum. */
    function step(padded, kernel, { stride, dilation }, outputs, position) {
        const row = stride * Math.floor(position / outputs);
        const column = stride * (position % outputs);
        const products = kernel.map((weights, i) =>
            weights.map((weight, j) => weight * padded[row + dilation * i][column + dilation * j]));
        return { row, column, products, total: products.flat().reduce((sum, product) => sum + product, 0) };
    }

    /* Return the whole feature map, or an empty one where the window does not fit. */
    function convolve(padded, kernel, options) {
        const { outputs } = geometry({ ...options, size: padded.length, padding: 0, kernelSize: kernel.length });
        return map(outputs, outputs, (r, c) => step(padded, kernel, options, outputs, r * outputs + c).total);
    }

    /* Return the formula of the output size with its numbers. */
    function formula({ size, kernelSize, stride, padding, dilation }) {
        const { extent, room, fits, outputs } = geometry({ size, kernelSize, stride, padding, dilation });
        const spread = dilation > 1 ? `, where F′ = D·(F − 1) + 1 = ${dilation}·${kernelSize - 1} + 1 = ${extent}` : "";
        const f = dilation > 1 ? "F′" : "F";
        const end = fits ? `⌊${room} / ${stride}⌋ + 1 = ${outputs}` : `no position: ${draw.format(room)} is negative`;
        return `⌊(W − ${f} + 2P) / S⌋ + 1 = ⌊(${size} − ${extent} + 2·${padding}) / ${stride}⌋ + 1 = ${end}${spread}`;
    }

    /* Return a sentence about a choice that does not fit or leaves pixels unread, or "". */
    function advice(options) {
        const { extent, room, fits, unread } = geometry(options);
        const { size, kernelSize, stride, padding, dilation } = options;
        if (!fits) {
            const wide = dilation > 1 ? `With dilation ${dilation} the kernel covers ${extent} pixels` : `A ${kernelSize}×${kernelSize} kernel covers ${extent} pixels`;
            const less = dilation > 1 ? "a smaller dilation or kernel" : "a smaller kernel";
            return `${wide}, and with padding ${padding} there are only ${size + 2 * padding}: it does not fit. Pad more, or take ${less}.`;
        }
        if (!unread) return "";
        const last = unread === 1 ? "The last row and the last column are" : `The last ${unread} rows and columns are`;
        return `Stride ${stride} does not divide W − ${dilation > 1 ? "F′" : "F"} + 2P = ${room}, so the output size is rounded down. ${last} never read.`;
    }

    /* Return the products that are not zero as a sum: "10 + 10 − 5 = 15". */
    function sumOf(products, total) {
        const terms = products.flat().filter((product) => product !== 0);
        if (!terms.length) return "every product is 0, so the sum is 0";
        const shown = terms.length > 10 ? [...terms.slice(0, 9), null] : terms;
        const text = shown.map((term, i) => {
            if (term === null) return "+ …";
            return i === 0 ? draw.format(term) : `${term < 0 ? "−" : "+"} ${draw.format(Math.abs(term))}`;
        });
        return `${text.join(" ")} = ${draw.format(total)}`;
    }

    return { geometry, resizeImage, resizeKernel, pad, step, convolve, formula, advice, sumOf };
})();

if (typeof module !== "undefined") module.exports = convolution;

if (typeof document !== "undefined") {
    const { data, element, format } = draw;
    const OWN = "your own";
    let kernel = Object.values(data.kernels)[0];
    let outputs = 0;

    const controls = element("controls");
    const names = draw.choice(controls, { label: "kernel", options: [...Object.keys(data.kernels), OWN] }, (name) => {
        if (name !== OWN) kernel = data.kernels[name];
        kernelSize.value = kernel.length;
        drawKernel();
        update();
    });
    const kernelSize = draw.slider(controls, { label: "kernel size F", min: 1, max: 5, value: kernel.length }, (size) => {
        kernel = convolution.resizeKernel(kernel, size);
        names.value = OWN;
        drawKernel();
        update();
    });
    const size = draw.slider(controls, { label: "image size W", min: 2, max: 10, value: data.image.length }, update);
    const stride = draw.slider(controls, { label: "stride S", min: 1, max: 4 }, update);
    const padding = draw.slider(controls, { label: "padding P", max: 3 }, update);
    const dilation = draw.slider(controls, { label: "dilation D", min: 1, max: 3 }, update);
    const fill = draw.choice(controls, {
        label: "padding values",
        options: [
            ["zeros", "zeros"],
            ["repeat", "border repeated"]
        ]
    }, update);
    const walk = element("walk");
    const show = (place) => (outputs ? `${place + 1} of ${outputs * outputs}` : "none");
    const position = draw.slider(walk, { label: "position of the window", max: 0, show }, move);
    const play = draw.player(walk, position, update);

    function move() {
        play.stop();
        update();
    }

    // Up and down move by a row of the output; left and right, by one position, are the slider's own keys.
    position.input.addEventListener("keydown", (event) => {
        const rows = { ArrowUp: -1, ArrowDown: 1 } [event.key];
        if (!rows) return;
        event.preventDefault();
        const place = position.value + rows * outputs;
        if (place >= 0 && place <= position.max) position.value = place;
        move();
    });

    // The pointer on the output, or on the input, takes the window there.
    function follow(panel, toPlace) {
        const go = (event) => {
            const [row, column] = draw.cellAt(panel.firstChild, event);
            const limit = (value) => Math.max(0, Math.min(outputs - 1, value));
            const [down, right] = [limit(toPlace(row)), limit(toPlace(column))];
            if (!outputs || down * outputs + right === position.value) return;
            position.value = down * outputs + right;
            move();
        };
        panel.addEventListener("pointermove", go);
        panel.addEventListener("pointerdown", go);
    }
    follow(element("output"), (cell) => cell);
    follow(element("input"), (cell) => Math.round((cell - (kernel.length - 1) * dilation.value / 2) / stride.value));

    function drawKernel() {
        const target = element("kernel");
        target.replaceChildren();
        target.style.gridTemplateColumns = `repeat(${kernel.length}, max-content)`;
        const paint = (field, value) => {
            field.style.background = draw.colour(draw.signed(value, 2.1 * Math.max(1, ...kernel.flat().map(Math.abs))));
        };
        kernel.forEach((weights, row) => weights.forEach((value, column) => {
            const label = `weight in row ${row + 1}, column ${column + 1}`;
            const field = draw.number(target, { label, value, hidden: true }, (typed) => {
                kernel = kernel.map((line, r) => line.map((old, c) => (r === row && c === column ? typed : old)));
                names.value = OWN;
                paint(field, typed);
                update();
            });
            paint(field, value);
        }));
    }

    function update() {
        const options = { size: size.value, kernelSize: kernel.length, stride: stride.value, padding: padding.value, dilation: dilation.value };
        const place = convolution.geometry(options);
        const padded = convolution.pad(convolution.resizeImage(data.image, size.value), padding.value, fill.value === "repeat");
        const negative = data.image.flat().some((value) => value < 0);
        const panel = { scale: negative ? "signed" : "grey", cell: Math.max(20, Math.min(30, 250 / padded.length)) };
        outputs = place.outputs;
        position.max = Math.max(0, outputs * outputs - 1);
        position.input.disabled = !outputs;
        element("formula").textContent = `output size = ${convolution.formula(options)}`;
        element("advice").textContent = convolution.advice(options);
        if (!outputs) {
            const marks = [{ row: 0, column: 0, height: place.extent, width: place.extent }];
            draw.grid(element("input"), padded, { ...panel, frame: padding.value, marks, room: place.extent, label: "the image; the window is larger" });
            for (const name of ["products", "output", "sum"]) element(name).replaceChildren("–");
            element("size").textContent = "output: none";
            draw.say(element("advice").textContent);
            return;
        }
        const full = convolution.convolve(padded, kernel, options);
        const now = convolution.step(padded, kernel, options, outputs, position.value);
        const [down, right] = [Math.floor(position.value / outputs), position.value % outputs];
        drawInput(padded, now, place, panel);
        const most = Math.max(...padded.flat().map(Math.abs)) * Math.max(...kernel.flat().map(Math.abs));
        const words = convolution.sumOf(now.products, now.total);
        draw.grid(element("products"), now.products, { scale: "signed", low: -most, high: most, cell: 36, label: `products: ${words}` });
        element("sum").textContent = words;
        const seen = full.map((line, r) => line.map((value, c) => (r * outputs + c <= position.value ? value : null)));
        const largest = Math.max(1, ...full.flat().map(Math.abs));
        draw.grid(element("output"), seen, { scale: "signed", low: -largest, high: largest, cell: Math.max(24, Math.min(34, 250 / outputs)), marks: [{ row: down, column: right }], label: `output of ${outputs} by ${outputs} values so far` });
        element("size").textContent = `output, ${outputs} × ${outputs}`;
        draw.say(`Row ${down + 1}, column ${right + 1}: ${format(now.total)}. ${element("advice").textContent}`);
    }

    function drawInput(padded, now, place, panel) {
        const marks = [];
        if (dilation.value > 1) {
            kernel.forEach((weights, i) => weights.forEach((_, j) => {
                marks.push({ row: now.row + dilation.value * i, column: now.column + dilation.value * j, kind: "read" });
            }));
        }
        marks.push({ row: now.row, column: now.column, height: place.extent, width: place.extent });
        const label = `padded image; the window's corner is in row ${now.row + 1}, column ${now.column + 1}`;
        draw.grid(element("input"), padded, { ...panel, frame: padding.value, marks, unread: place.unread, label });
    }

    drawKernel();
    update();
}
