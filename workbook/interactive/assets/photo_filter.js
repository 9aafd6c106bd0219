/* A 3×3 kernel on a photograph. */
const photoFilter = (() => {
    /* Return the map of a photograph, bytes (height, width), under a 3×3 kernel: floats (height − 2, width − 2), where
       the photograph is taken from 0 to 1. weights: nine numbers, row by row; all are divided by `divisor`. */
    function convolve({ height, width, values }, weights, divisor) {
        const [rows, columns] = [height - 2, width - 2];
        const result = new Float32Array(rows * columns);
        weights.forEach((weight, k) => {
            if (weight === 0) return;
            const scaled = weight / divisor / 255;
            const shift = width * Math.floor(k / 3) + k % 3;
            for (let row = 0; row < rows; row++) {
                const [from, to] = [row * width + shift, row * columns];
                for (let column = 0; column < columns; column++) result[to + column] += scaled * values[from + column];
            }
        });
        return { height: rows, width: columns, values: result };
    }

    return { convolve };
})();

if (typeof module !== "undefined") module.exports = photoFilter;
