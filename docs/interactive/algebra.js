/* The dilation of a matrix W with one or two rows, as the package builds it.

   The entries of W are hundredths, W = N / 100 with whole numbers N.  What is decided (is
   ||W|| <= 1, and what is the rank of I - W^T W) is decided in whole numbers below 2^53, which a
   browser multiplies and adds exactly; roots and quotients come last and are rounded. */
(function () {
  "use strict";

  const UNIT = 100;

  const transpose = (A) => A[0].map((_, j) => A.map((row) => row[j]));
  const dot = (a, b) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const apply = (A, v) => A.map((row) => dot(row, v));
  const times = (A, B) => A.map((row) => transpose(B).map((column) => dot(row, column)));
  const length = (v) => Math.hypot(...v);
  const identity = (n) => Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (_, j) => Number(i === j)));

  /** 100^2 I - A^T A, whole numbers. */
  const defect = (A) => times(transpose(A), A).map((row, i) =>
    row.map((x, j) => (i === j ? UNIT * UNIT : 0) - x));

  const determinant = (A) =>
    A.length === 1 ? A[0][0] : A[0][0] * A[1][1] - A[0][1] * A[1][0];

  /** Is a symmetric matrix positive semidefinite? */
  const semidefinite = (A) => A.every((row, i) => row[i] >= 0) && determinant(A) >= 0;

  /** The columns of a semidefinite matrix that are independent of those before. */
  function pivots(A) {
    if (A.length === 1) return A[0][0] > 0 ? [0] : [];
    if (A[0][0] > 0) return determinant(A) > 0 ? [0, 1] : [0];
    return A[1][1] > 0 ? [1] : [];
  }

  /** Whole numbers Y, P with Y A = P on the pivots, P triangular there, delta_i = Y_ii P_ii. */
  function eliminate(A, support) {
    if (support.length < 2) {
      const P = support.map((i) => A[i]);
      return { Y: support.map(() => [1]), P, delta: support.map((i) => A[i][i]), support };
    }
    const [[a, b]] = A, det = determinant(A);
    return { Y: [[1, 0], [-b, a]], P: [[a, b], [0, det]], delta: [a, a * det], support };
  }

  /** The eigenvalues of a symmetric matrix with one or two rows, the larger one first. */
  function eigenvalues(A) {
    if (A.length === 1) return [A[0][0]];
    const half = (A[0][0] + A[1][1]) / 2;
    const spread = Math.hypot((A[0][0] - A[1][1]) / 2, A[0][1]);
    const larger = half + spread;
    // From the determinant, which is exact: half - spread would cancel.
    return [larger, larger === 0 ? 0 : determinant(A) / larger];
  }

  /** The unit vector v that W stretches most; of v and -v the one whose image is away from the
      columns, so that their names do not meet in the picture. */
  function topVector(W, G) {
    if (G.length === 1) return [1];
    const angle = Math.atan2(2 * G[0][1], G[0][0] - G[1][1]) / 2;
    const v = [Math.cos(angle), Math.sin(angle)];
    return dot(apply(W, v), apply(W, [1, 1])) > 0 ? v.map((x) => -x) : v;
  }

  /** Everything about N / 100: its norm, and U = [[W, W2], [W3, W4]] where there is one. */
  function describe(N) {
    const n = N.length, W = N.map((row) => row.map((x) => x / UNIT));
    const A = defect(N), B = defect(transpose(N)), G = times(transpose(N), N);
    const norm = Math.sqrt(eigenvalues(G)[0]) / UNIT;
    const found = {
      n, N, W, defect: A, determinant: determinant(A), norm, top: topVector(W, G),
      contraction: semidefinite(A), U: null, added: null, gap: 0,
    };
    if (!found.contraction) return found;
    const right = eliminate(A, pivots(A)), left = eliminate(B, pivots(B));
    const W3 = right.P.map((row, i) => row.map((x) => x / (UNIT * Math.sqrt(right.delta[i]))));
    const W2 = columns(
      left.P.map((row, i) => row.map((x) => x / (UNIT * Math.sqrt(left.delta[i])))), n);
    const corner = right.P.map((row, i) => {
      const image = apply(N, row); // N P_i, a row of P N^T
      const kept = left.support.map((j) => image[j]);
      return left.Y.map((y, j) =>
        0 - dot(kept, y) / (UNIT * Math.sqrt(right.delta[i]) * Math.sqrt(left.delta[j])));
    });
    found.added = right.support.length;
    found.U = [...W.map((row, i) => [...row, ...W2[i]]), ...W3.map((row, i) => [...row, ...corner[i]])];
    if (found.added === n) {
      const values = eigenvalues(A); // 1 - ||W||^2 is the smallest, over 100^2
      found.gap = values[values.length - 1] / (UNIT * UNIT) / (1 + norm);
    }
    return found;
  }

  /** The n rows of the transpose of a matrix that may have no rows. */
  const columns = (A, n) => (A.length ? transpose(A) : Array.from({ length: n }, () => []));

  /** The largest entry of U^T U - I. */
  function orthogonality(U) {
    const product = times(transpose(U), U), unit = identity(U.length);
    return Math.max(...product.flatMap((row, i) => row.map((x, j) => Math.abs(x - unit[i][j]))));
  }

  window.urnnWhy = { algebra: { UNIT, transpose, dot, apply, length, describe, orthogonality } };
})();
