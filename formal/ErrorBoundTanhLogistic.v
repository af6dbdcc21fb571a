(** * The explicit bound for the logistic function and tanh over the reals. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals sequences exp.
From URNN Require Import Setting Norms Theorem_3_1 TanhAndLogistic RealNumbers ErrorBound.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section EpsReal.
Variable R : realType.
Let he := @expR_expo R.

Lemma logistic_le_exp (z : R) : logisticR z <= expR z.
Proof.
rewrite /logisticR /logistic -[leRHS]invrK -expRN lef_pinv ?posrE ?addr_gt0 ?ltr01 ?expR_gt0 //.
by rewrite ler_addr ler01.
Qed.

Lemma logisticR_tail (B z : R) : z <= - B -> `|logisticR z - 0| <= expR (- B).
Proof.
move=> zB; rewrite subr0 gtr0_norm ?(logistic_gt0 he) //.
by apply: le_trans (logistic_le_exp z) _; rewrite ler_expR.
Qed.

Lemma tanhR_tail_exp (B z : R) : z <= - B -> `|tanhR z - (-1)| <= 2%:R * expR (- (B + B)).
Proof.
move=> zB; rewrite /tanhR (tanhE he) opprK subrK ger0_norm; last first.
  by rewrite mulr_ge0 ?ler0n // ltW // (logistic_gt0 he).
apply: ler_wpmul2l; first exact: ler0n.
by apply: le_trans (logistic_le_exp _) _; rewrite ler_expR opprD ler_add.
Qed.

(** The logistic function has Lipschitz constant 1/4. *)
Lemma logisticR_lipschitz : lipschitz (4%:R^-1) (@logisticR R).
Proof.
move=> s t; pose h := 2%:R^-1 : R.
have hh u : u = h * u + h * u :> R by rewrite /h; field.
have e u : logisticR u = h * (tanhR (h * u) + 1).
  by rewrite /tanhR (tanhE he) -hh subrK /h mulKf // pnatr_eq0.
rewrite !e -mulrBr opprD addrACA subrr addr0 normrM.
have h0 : 0 <= h by rewrite invr_ge0 ler0n.
rewrite (ger0_norm h0); apply: le_trans (ler_wpmul2l h0 (tanhR_nonexp _ _)) _.
rewrite -mulrBr normrM (ger0_norm h0) mulrA.
by have -> : h * h = 4%:R^-1 by rewrite /h; field.
Qed.

Lemma nonexp_lipschitz (phi : R -> R) : nonexpansive phi -> lipschitz 1 phi.
Proof. by move=> ne s t; rewrite mul1r. Qed.

(** logistic: ||W|| <= 1 is enough (q = ||W|| / 4). *)
Theorem eps_explicit_logistic c (M : R) n m p (T : rnn R n m p) :
  (forall v, sqnorm (trans T *m v) <= sqnorm v) ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists U : 'M[R]_(n + r), orthogonal U /\
  forall B, exists T' : rnn R (n + r) m p, trans T' = U /\
  forall x, admissible M x -> forall k,
    norm (output (@logisticR R) T x k - output (@logisticR R) T' x k)
    <= c * Num.sqrt r%:R / 3%:R * expR (- B).
Proof.
move=> W1 c0 Cc r; have L0 : 0 <= 4%:R^-1 :> R by rewrite invr_ge0 ler0n.
have W1' v : norm (trans T *m v) <= 1 * norm v by rewrite mul1r ler_norm_norm.
have q1 : 4%:R^-1 * 1 < 1 :> R by rewrite mulr1 invf_lt1 ?ltr0n // ltr1n.
have i1 : 0 <= (1 : R) <= 1 by rewrite ler01 lexx.
have [U [oU h]] := eps_explicit 0 M L0 logisticR_lipschitz i1 W1' q1 c0 Cc.
exists U; split=> // B; have [|T' [TU hT]] := h B (expR (- B)) (ltW (expR_gt0 _)).
  exact: logisticR_tail.
exists T'; split=> // x adm k; apply: le_trans (hT x adm k) _.
rewrite le_eqVlt; apply/orP; left; apply/eqP.
by move: (Num.sqrt _) (expR _) => s d; field.
Qed.

(** tanh: ||W|| <= omega < 1. *)
Theorem eps_explicit_tanh omega c (M : R) n m p (T : rnn R n m p) :
  0 <= omega < 1 -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  let r := \rank (1%:M - (trans T)^T *m trans T) in
  exists U : 'M[R]_(n + r), orthogonal U /\
  forall B, exists T' : rnn R (n + r) m p, trans T' = U /\
  forall x, admissible M x -> forall k,
    norm (output (@tanhR R) T x k - output (@tanhR R) T' x k)
    <= c * Num.sqrt r%:R * (2%:R * expR (- (B + B))) / (1 - omega).
Proof.
move=> /andP[o0 o1] Wr c0 Cc r.
have i1 : 0 <= omega <= 1 by rewrite o0 ltW.
have q1 : 1 * omega < 1 by rewrite mul1r.
have [U [oU h]] := eps_explicit (-1) M ler01 (nonexp_lipschitz (@tanhR_nonexp R)) i1 Wr q1 c0 Cc.
exists U; split=> // B.
have [||T' [TU hT]] := h B (2%:R * expR (- (B + B))).
- by rewrite mulr_ge0 ?ler0n // ltW // expR_gt0.
- exact: tanhR_tail_exp.
by exists T'; split=> // x adm k; have := hT x adm k; rewrite mulr1 mul1r.
Qed.
End EpsReal.
