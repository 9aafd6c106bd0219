// A drawing as an MNIST digit, as workbook/data/pictures.py makes it of a drawing: scaled into a box of 20×20, and moved
// so that its centre of mass is at the centre of 28×28. Resizing follows Pillow's rules, and rounding follows Python's.
const digit = (() => {
    const SIDE = 28;
    const BOX = 20;

    const sumOf = (values) => values.reduce((total, value) => total + value, 0);
    const largestOf = (values) => values.reduce((largest, value) => Math.max(largest, value), 0);

    /* Round half to even, as Python does. */
    function rounded(x) {
        const low = Math.floor(x);
        if (x - low !== 0.5) return Math.round(x);
        return low % 2 === 0 ? low : low + 1;
    }

    function median(values) {
        const sorted = Float64Array.from(values).toSorted();
        const middle = sorted.length >> 1;
        return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /* Return how much each pixel differs from the ground, 0-1; the ground is the median of the border. Null if blank. */
    function inkOf(grey, height, width) {
        const isBorder = (_, i) => i < width || i >= (height - 1) * width || i % width === 0 || i % width === width - 1;
        const ground = median(grey.filter(isBorder));
        const ink = Float64Array.from(grey, (value) => Math.abs(value - ground));
        const largest = largestOf(ink);
        if (largest < 0.1) return null;
        return ink.map((value) => value / largest < 0.1 ? 0 : value / largest);
    }

    function rowsOf(values, width) {
        return Array.from({ length: values.length / width }, (_, i) => values.subarray(i * width, (i + 1) * width));
    }

    /* Return the smallest rectangle that holds all ink, as rows. */
    function cropped(rows) {
        const used = rows.map((row) => row.some((value) => value > 0));
        const columns = Array.from(rows[0], (_, j) => rows.some((row) => row[j] > 0));
        const [left, right] = [columns.indexOf(true), columns.lastIndexOf(true) + 1];
        return rows.slice(used.indexOf(true), used.lastIndexOf(true) + 1).map((row) => row.slice(left, right));
    }

    const FILTERS = {
        box: { support: 0.5, weight: (x) => x > -0.5 && x <= 0.5 ? 1 : 0 },
        bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
    };

    /* Return a line of `size` values made from a line of another length. */
    function resizedLine(line, size, { support, weight }) {
        const scale = line.length / size;
        const stretch = Math.max(scale, 1);
        return Float64Array.from({ length: size }, (_, i) => {
            const centre = (i + 0.5) * scale;
            const start = Math.max(0, Math.trunc(centre - support * stretch + 0.5));
            const end = Math.min(line.length, Math.trunc(centre + support * stretch + 0.5));
            let [total, sum] = [0, 0];
            for (let j = start; j < end; j++) {
                const share = weight((j - centre + 0.5) / stretch);
                total += share;
                sum += share * line[j];
            }
            return sum / total;
        });
    }

    const turned = (rows) => Array.from(rows[0], (_, j) => Float64Array.from(rows, (row) => row[j]));

    /* Return rows scaled so that the longer side is BOX, as Pillow does it; the largest value becomes 1. */
    function fitted(rows) {
        const [height, width] = [rows.length, rows[0].length];
        const scale = BOX / Math.max(height, width);
        const filter = scale < 1 ? FILTERS.box : FILTERS.bilinear;
        const size = (length) => Math.max(1, rounded(length * scale));
        const wide = rows.map((row) => resizedLine(row, size(width), filter));
        const scaled = turned(turned(wide).map((column) => resizedLine(column, size(height), filter)));
        const largest = Math.max(...scaled.map(largestOf));
        return scaled.map((row) => row.map((value) => value / largest));
    }

    /* Return the first row or column, so that the centre of mass is in the middle. */
    function cornerOf(lines) {
        const weights = lines.map(sumOf);
        const mass = sumOf(weights.map((weight, i) => weight * i)) / sumOf(weights);
        return Math.min(Math.max(rounded(SIDE / 2 - mass), 0), SIDE - lines.length);
    }

    /* Return a drawing, grey values 0-1 row by row, as 28×28 bytes, light on dark; null if it is blank. */
    function toDigit(grey, height, width) {
        const ink = inkOf(grey, height, width);
        if (!ink) return null;
        const rows = fitted(cropped(rowsOf(ink, width)));
        const [top, left] = [cornerOf(rows), cornerOf(turned(rows))];
        const field = new Uint8Array(SIDE * SIDE);
        rows.forEach((row, i) => row.forEach((value, j) => {
            field[(top + i) * SIDE + left + j] = rounded(255 * value);
        }));
        return field;
    }

    return { toDigit, rounded };
})();

if (typeof module !== "undefined") module.exports = digit;
