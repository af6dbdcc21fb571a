(** * The network that the toolkit builds: an offset, and a margin for each added unit.

    h^k = phi (U (h^{k-1} - c) + F x^k + b), with c = 0 above and kappa below, is a network of
    Setting.v with the bias b - U c. Its added units are shut by their margins: whatever keeps
    U_i . (h - c) + b_i where phi is within delta of kappa, on the left or on the right. The
    error is ||C|| L ||W2|| sqrt r delta / (1 - L ||W||); with delta = 0 there is none. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Dilation Theorem_3_1 ErrorBound.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Lemma zmod_id3 (V : zmodType) (a b c f : V) : a + f + (b - c) = a - c + f + b.
Proof. by rewrite addrA [a - c + f]addrAC [RHS]addrAC. Qed.

Lemma zmod_id4 (V : zmodType) (a a' b f f' s : V) :
  a - a' + b + (f' - f) = a + b + f' + s - (a' + f + s).
Proof.
rewrite [in RHS]opprD [RHS]addrACA subrr addr0 [in RHS]opprD [RHS]addrACA; congr (_ + _).
by rewrite addrAC.
Qed.

Section GatedUnits.
Variable R : rcfType.
Implicit Types (n m p r N : nat) (phi : R -> R).

(** The offset c moved into the bias. *)
Definition with_offset N m p (T : rnn R N m p) (c : 'cV[R]_N) : rnn R N m p :=
  Rnn (trans T) (inw T) (bias T - trans T *m c) (outw T) (init T).

Lemma state_offset phi N m p (T : rnn R N m p) c x k :
  state phi (with_offset T c) x k =
  map_mx phi (trans T *m ((if k is k'.+1 then state phi (with_offset T c) x k' else init T) - c)
              + inw T *m x k + bias T).
Proof.
by case: k => [|k] /=; congr (map_mx phi _); rewrite mulmxBr; apply: zmod_id3.
Qed.

(** U = [W W2; W3 W4], F_u = [F; 0], b_u = [b; g], C_u = [C 0], h_u,init = [h_init; kappa],
    offset [0; kappa]. *)
Definition gated n m p r (T : rnn R n m p) W2 W3 (W4 : 'M_r) (kappa : R) (g : 'cV_r)
  : rnn R (n + r) m p :=
  with_offset
    (Rnn (block_mx (trans T) W2 W3 W4) (col_mx (inw T) 0) (col_mx (bias T) g)
         (row_mx (outw T) 0) (col_mx (init T) (const_mx kappa)))
    (col_mx 0 (const_mx kappa)).

(** The norm with weights: ||D v|| for a diagonal D. *)
Definition weighted n (D : 'rV[R]_n) (v : 'cV[R]_n) : R := norm (diag_mx D *m v).

Lemma weighted1 n (v : 'cV[R]_n) : weighted (const_mx 1) v = norm v.
Proof. by rewrite /weighted diag_const_mx mul1mx. Qed.

Lemma weightedD n (D : 'rV[R]_n) v w : weighted D (v + w) <= weighted D v + weighted D w.
Proof. by rewrite /weighted mulmxDr normvD. Qed.

Lemma weighted_lipschitz n (D : 'rV[R]_n) L phi (v w : 'cV[R]_n) : 0 <= L -> lipschitz L phi ->
  weighted D (map_mx phi v - map_mx phi w) <= L * weighted D (v - w).
Proof.
move=> L0 lp; rewrite /weighted -norm_le // -sqnormZ; apply: sqnorm_le => i.
rewrite !(mul_diag_mx, mxE) mulrCA !normrM; apply: ler_wpmul2l => //.
by rewrite (ger0_norm L0); apply: lp.
Qed.

(** What keeps the added units shut. [Q] holds for the upper blocks that can occur; [P z] says
    that phi z is within delta of kappa, such as z <= z0 or z0 <= z. The inputs of the two
    networks may differ by eta. *)
Section Shut.
Variables (phi : R -> R) (P : R -> Prop) (kappa delta spread L omega gain f M eta E : R).
Variables (n m p r : nat) (T : rnn R n m p) (D : 'rV[R]_n).
Variables (W2 : 'M[R]_(n, r)) (W3 : 'M[R]_(r, n)) (W4 : 'M[R]_r) (g : 'cV[R]_r).
Variable Q : 'cV[R]_n -> Prop.
Definition near_inputs (x x' : inputs R m) : Prop :=
  [/\ admissible M x, admissible M x' & forall k, norm (x' k - x k) <= eta].
Hypothesis L0 : 0 <= L.
Hypothesis lip : lipschitz L phi.
Hypothesis o0 : 0 <= omega.
Hypothesis Wo : forall v, weighted D (trans T *m v) <= omega * weighted D v.
Hypothesis g0 : 0 <= gain.
Hypothesis W2g : forall l, weighted D (W2 *m l) <= gain * norm l.
Hypothesis f0 : 0 <= f.
Hypothesis Ff : forall u, weighted D (inw T *m u) <= f * norm u.
Hypothesis d0 : 0 <= delta.
Hypothesis tail : forall z, P z -> `|phi z - kappa| <= delta.
Hypothesis rd : Num.sqrt r%:R * delta <= spread.
Hypothesis E0 : 0 <= E.
Hypothesis Er : L * (omega * E + gain * spread + f * eta) <= E.
Hypothesis Qinit : Q (init T).
Hypothesis Qstep : forall x x' k h (l : 'cV_r), near_inputs x x' -> Q h ->
  (forall i, `|l i 0| <= delta) ->
  let h' := map_mx phi (trans T *m h + W2 *m l + inw T *m x' k + bias T) in
  weighted D (h' - state phi T x k) <= E -> Q h'.
Hypothesis shut : forall h (l : 'cV_r), Q h -> (forall i, `|l i 0| <= delta) ->
  forall i, P ((W3 *m h + W4 *m l + g) i 0).

Lemma gated_shadow x x' : near_inputs x x' -> forall k,
  weighted D (usubmx (state phi (gated T W2 W3 W4 kappa g) x' k) - state phi T x k) <= E.
Proof.
move=> adm; set T' := gated _ _ _ _ _ _.
pose prev k := if k is k'.+1 then state phi T x k' else init T.
pose prev' k := if k is k'.+1 then state phi T' x' k' else init T'.
have sT k : state phi T x k = map_mx phi (trans T *m prev k + inw T *m x k + bias T).
  by case: k.
pose good k := [/\ weighted D (usubmx (prev' k) - prev k) <= E, Q (usubmx (prev' k))
  & forall i, `|(dsubmx (prev' k) - const_mx kappa) i 0| <= delta].
have sT' k : state phi T' x' k = col_mx
    (map_mx phi (trans T *m usubmx (prev' k) + W2 *m (dsubmx (prev' k) - const_mx kappa)
                 + inw T *m x' k + bias T))
    (map_mx phi (W3 *m usubmx (prev' k) + W4 *m (dsubmx (prev' k) - const_mx kappa) + g)).
  rewrite [LHS]state_offset -/T' [init _]/= -[init (Rnn _ _ _ _ _)]/(init T') -/(prev' k).
  rewrite -[in LHS](vsubmxK (prev' k)) opp_col_mx add_col_mx oppr0 addr0 /=.
  by rewrite mul_block_col mul_col_mx mul0mx !add_col_mx map_col_mx addr0.
have step k : good k -> good k.+1.
  case=> IHe IHQ IHl.
  set l' := dsubmx (prev' k) - const_mx kappa in IHl; set h' := usubmx _ in IHe IHQ.
  have nl : norm l' <= spread by apply: le_trans rd; apply: norm_le_const.
  have err : weighted D (usubmx (prev' k.+1) - prev k.+1) <= E.
    rewrite /= sT' col_mxKu sT; apply: le_trans (weighted_lipschitz _ _ _ L0 lip) _.
    rewrite -/h' -/l'.
    rewrite -[X in weighted D X](_ :
      trans T *m (h' - prev k) + W2 *m l' + inw T *m (x' k - x k) = _).
      apply: le_trans _ Er; apply: ler_wpmul2l => //.
      apply: le_trans (weightedD _ _ _) _; apply: ler_add; last first.
        by apply: le_trans (Ff _) _; apply: ler_wpmul2l => //; case: adm.
      apply: le_trans (weightedD _ _ _) _; apply: ler_add.
        by apply: le_trans (Wo _) _; apply: ler_wpmul2l.
      by apply: le_trans (W2g _) _; apply: ler_wpmul2l.
    by rewrite !mulmxBr; apply: zmod_id4.
  split=> //; first by move: err; rewrite /= sT' col_mxKu; apply: Qstep.
  move=> i; rewrite /= sT' col_mxKd -/h' -/l' !mxE.
  rewrite -[X in phi X](_ : (W3 *m h' + W4 *m l' + g) i 0 = _).
    exact/tail/shut.
  by rewrite !mxE.
have start : good 0%N.
  split; rewrite /= ?col_mxKu ?subrr /weighted ?mulmx0 ?norm0 // => i.
  by rewrite col_mxKd subrr mxE normr0.
move=> k; suff [] : good k.+1 by [].
by elim: k => [|k IH]; apply: step.
Qed.

Lemma gated_error c x x' k : 0 <= c -> (forall v, norm (outw T *m v) <= c * weighted D v) ->
  near_inputs x x' ->
  norm (output phi T x k - output phi (gated T W2 W3 W4 kappa g) x' k) <= c * E.
Proof.
move=> c0 Cc adm; have := gated_shadow adm k; set T' := gated _ _ _ _ _ _ => sh.
have -> : output phi T x k - output phi T' x' k
     = - (outw T *m (usubmx (state phi T' x' k) - state phi T x k)).
  rewrite /output -[in LHS](vsubmxK (state _ T' _ _)) mul_row_col mul0mx addr0.
  by rewrite mulmxBr opprB.
by rewrite normvN; apply: le_trans (Cc _) _; apply: ler_wpmul2l.
Qed.
End Shut.

(** Without weights, for the same inputs. *)
Lemma gated_error_plain phi (P : R -> Prop) kappa delta L omega w2 c (M E : R) n m p r
    (T : rnn R n m p) (W2 : 'M_(n, r)) (W3 : 'M_(r, n)) (W4 : 'M_r) (g : 'cV_r)
    (Q : 'cV[R]_n -> Prop) :
  0 <= L -> lipschitz L phi ->
  0 <= omega -> (forall v, norm (trans T *m v) <= omega * norm v) ->
  0 <= w2 -> (forall l, norm (W2 *m l) <= w2 * norm l) ->
  0 <= delta -> (forall z, P z -> `|phi z - kappa| <= delta) ->
  0 <= E -> L * omega * E + L * w2 * Num.sqrt r%:R * delta <= E ->
  Q (init T) ->
  (forall x k v, admissible M x -> norm (map_mx phi v - state phi T x k) <= E ->
    Q (map_mx phi v)) ->
  (forall h (l : 'cV_r), Q h -> (forall i, `|l i 0| <= delta) ->
    forall i, P ((W3 *m h + W4 *m l + g) i 0)) ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) ->
  forall x, admissible M x -> forall k,
  norm (output phi T x k - output phi (gated T W2 W3 W4 kappa g) x k) <= c * E.
Proof.
move=> L0 lip o0 Wo w0 W2w d0 tail E0 Er Qi Qs shut c0 Cc x adm k.
have w1 := @weighted1 n.
have self y : admissible M y -> near_inputs M 0 y y.
  by move=> admy; split=> // j; rewrite subrr norm0.
apply: (@gated_error phi P kappa delta (Num.sqrt r%:R * delta) L omega w2
  (Num.sqrt (frob (inw T))) M 0 E n m p r T (const_mx 1) W2 W3 W4 g Q) => //.
- by move=> v; rewrite !w1.
- by move=> l; rewrite w1.
- exact: sqrtr_ge0.
- by move=> u; rewrite w1; apply: norm_mulmx.
- by rewrite mulr0 addr0 mulrDr !mulrA.
- by move=> {adm x k}x x' k h l [adm _ _] _ _ /=; rewrite w1; apply: Qs adm.
- by move=> v; rewrite w1.
exact: self.
Qed.

(** ** The claim of a certificate within epsilon. D is a diagonal of weights; the inputs may
    differ by eta; [Q] is kept by the upper states as long as the lower ones are within spread
    of kappa, and keeps the lower preactivations beyond the margin. *)
Theorem eps_within phi (P : R -> Prop) kappa delta spread L omega gain f c eta (M eps : R)
    n m p r (T : rnn R n m p) (D : 'rV_n)
    (W2 : 'M_(n, r)) (W3 : 'M_(r, n)) (W4 : 'M_r) (g : 'cV_r) (Q : 'cV[R]_n -> Prop) :
  0 <= L -> lipschitz L phi ->
  0 <= delta -> (forall z, P z -> `|phi z - kappa| <= delta) ->
  0 <= spread -> r%:R * delta ^+ 2 <= spread ^+ 2 ->
  0 <= omega -> (forall v, weighted D (trans T *m v) <= omega * weighted D v) -> L * omega < 1 ->
  0 <= gain -> (forall l, weighted D (W2 *m l) <= gain * norm l) ->
  0 <= f -> (forall u, weighted D (inw T *m u) <= f * norm u) ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * weighted D v) ->
  0 <= eta -> c * L * (gain * spread + f * eta) <= eps * (1 - L * omega) ->
  Q (init T) ->
  (forall h (l : 'cV_r) u, Q h -> norm l <= spread -> norm u <= `|M| ->
    Q (map_mx phi (trans T *m h + W2 *m l + inw T *m u + bias T))) ->
  (forall h (l : 'cV_r), Q h -> norm l <= spread -> forall i, P ((W3 *m h + W4 *m l + g) i 0)) ->
  forall x x', admissible M x -> admissible M x' -> (forall k, norm (x' k - x k) <= eta) ->
  forall k, norm (output phi T x k - output phi (gated T W2 W3 W4 kappa g) x' k) <= eps.
Proof.
move=> L0 lip d0 tail s0 rs o0 Wo q1 g0 W2g f0 Ff c0 Cc e0 le Qi Qs shut x x' adm adm' dx k.
have q0 : 0 < 1 - L * omega by rewrite subr_gt0.
pose E := L * (gain * spread + f * eta) / (1 - L * omega).
have E0 : 0 <= E by rewrite divr_ge0 ?(ltW q0) // mulr_ge0 // addr_ge0 // mulr_ge0.
have small (l : 'cV_r) : (forall i, `|l i 0| <= delta) -> norm l <= spread.
  move=> lb; apply: le_trans (norm_le_const d0 lb) _.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?mulr_ge0 ?sqrtr_ge0 //.
  by rewrite exprMn sqr_sqrtr ?ler0n.
apply: (@le_trans _ _ (c * E)); last by rewrite /E mulrA ler_pdivr_mulr // mulrA.
apply: (@gated_error phi P kappa delta spread L omega gain f M eta E n m p r T D
  W2 W3 W4 g Q) => //.
- rewrite -(@ler_pexpn2r _ 2) ?nnegrE ?mulr_ge0 ?sqrtr_ge0 //.
  by rewrite exprMn sqr_sqrtr ?ler0n.
- rewrite le_eqVlt; apply/orP; left; apply/eqP.
  have -> : L * (omega * E + gain * spread + f * eta)
      = L * omega * E + E * (1 - L * omega) by rewrite /E divfK ?gt_eqF //; ring.
  by ring.
- move=> y y' j h l [admy admy' _] Qh lb h' _; apply: Qs => //; first exact: small.
  by rewrite -norm_leb // real_normK ?num_real // admy'.
by move=> h l Qh lb; apply: shut => //; apply: small.
Qed.

(** The network as it is in Setting.v: the offset lies in the bias. *)
Lemma gatedE n m p r (T : rnn R n m p) W2 W3 (W4 : 'M_r) (kappa : R) (g : 'cV_r) :
  gated T W2 W3 W4 kappa g =
  Rnn (block_mx (trans T) W2 W3 W4) (col_mx (inw T) 0)
      (col_mx (bias T - W2 *m const_mx kappa) (g - W4 *m const_mx kappa))
      (row_mx (outw T) 0) (col_mx (init T) (const_mx kappa)).
Proof.
rewrite /gated /with_offset /= mul_block_col !mulmx0 !add0r opp_col_mx add_col_mx //.
Qed.

(** phi is within delta of kappa on a half-line that ends in z0: on the left, or on the right;
    and each added unit i stays [margin i] away from its end. *)
Definition settled phi (kappa delta z0 : R) r (g : 'cV[R]_r) (margin : 'I_r -> R) : Prop :=
  ((forall z, z <= z0 -> `|phi z - kappa| <= delta) /\ (forall i, g i 0 + margin i <= z0)) \/
  ((forall z, z0 <= z -> `|phi z - kappa| <= delta) /\ (forall i, z0 <= g i 0 - margin i)).

(** A box of states: |h_j| <= hmax_j at the start, and for every value of phi within E of a
    state; hmax_j = 1 for tanh, whatever E. *)
Definition state_box phi (M E : R) n m p (T : rnn R n m p) (hmax : 'I_n -> R) : Prop :=
  (forall j, `|init T j 0| <= hmax j) /\
  forall x, admissible M x -> forall k j s,
    `|phi s - state phi T x k j 0| <= E -> `|phi s| <= hmax j.

Lemma bounded_box phi M E n m p (T : rnn R n m p) hmax :
  (forall j, `|init T j 0| <= hmax j) -> (forall j s, `|phi s| <= hmax j) ->
  state_box phi M E T hmax.
Proof. by move=> h0 h; split=> // x _ k j s _. Qed.

Lemma state_bound_box phi M E n m p (T : rnn R n m p) H : 0 <= E ->
  state_bound phi M T H -> state_box phi M E T (fun=> H + E).
Proof.
move=> E0 [Hi Hs]; split=> [j|x adm k j s le].
  by apply: le_trans (norm_coord _ _) _; apply: le_trans Hi _; rewrite ler_addl.
rewrite -[phi s](subrK (state phi T x k j 0)) addrC.
apply: le_trans (ler_norm_add _ _) _; apply: ler_add => //.
by apply: le_trans (norm_coord _ _) _; apply: Hs.
Qed.

Lemma settled_half phi kappa delta z0 r (g : 'cV_r) margin (z : 'cV[R]_r) :
  settled phi kappa delta z0 g margin -> (forall i, `|z i 0| <= margin i) ->
  forall i, `|phi ((z + g) i 0) - kappa| <= delta.
Proof.
move=> [] [tail mar] zm i; apply: tail; rewrite mxE.
  by apply: le_trans (mar i); rewrite addrC ler_add2l (le_trans (ler_norm _)).
apply: le_trans (mar i) _; rewrite [leRHS]addrC ler_add2l ler_oppl.
by rewrite (le_trans (ler_norm _)) // normrN.
Qed.

(** ** The error from per-unit margins: row sums of U against a box of states. *)
Theorem eps_box phi kappa delta z0 L omega w2 c (M : R) n m p r (T : rnn R n m p)
    (W2 : 'M_(n, r)) (W3 : 'M_(r, n)) (W4 : 'M_r) (g : 'cV_r) hmax :
  0 <= L -> lipschitz L phi ->
  0 <= omega -> (forall v, norm (trans T *m v) <= omega * norm v) -> L * omega < 1 ->
  0 <= w2 -> (forall v, norm (W2 *m v) <= w2 * norm v) ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) -> 0 <= delta ->
  let E := L * w2 * Num.sqrt r%:R * delta / (1 - L * omega) in
  state_box phi M E T hmax ->
  settled phi kappa delta z0 g
    (fun i => \sum_j `|W3 i j| * hmax j + \sum_j `|W4 i j| * delta) ->
  forall x, admissible M x -> forall k,
    norm (output phi T x k - output phi (gated T W2 W3 W4 kappa g) x k) <= c * E.
Proof.
move=> L0 lip o0 Wo q1 w0 W2w c0 Cc d0 E [box0 box] far x adm k.
have q0 : 0 < 1 - L * omega by rewrite subr_gt0.
have E0 : 0 <= E by rewrite divr_ge0 ?(ltW q0) // !mulr_ge0 ?sqrtr_ge0.
have Er : L * omega * E + L * w2 * Num.sqrt r%:R * delta <= E.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; rewrite /E; field; rewrite gt_eqF.
have sum_le k1 k2 (A : 'M[R]_(k1, k2)) (v : 'cV_k2) u i :
    (forall j, `|v j 0| <= u j) -> `|(A *m v) i 0| <= \sum_j `|A i j| * u j.
  move=> vu; rewrite mxE; apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => j _.
  by rewrite normrM; apply: ler_wpmul2l.
apply: (@gated_error_plain phi (fun z => `|phi z - kappa| <= delta) kappa delta L omega w2 c M E
  n m p r T W2 W3 W4 g (fun h => forall j, `|h j 0| <= hmax j)) => //.
- move=> {adm x k}x k v adm le j; rewrite mxE; apply: (box x adm k); apply: le_trans le.
  by apply: le_trans _ (norm_coord _ j); rewrite !mxE.
- move=> h l hb lb; apply: settled_half far _ => i; rewrite mxE.
  by apply: le_trans (ler_norm_add _ _) _; apply: ler_add; apply: sum_le.
Qed.

(** ** ... and from a ball of states: the rows of U have norm 1. *)
Theorem eps_ball phi kappa delta z0 L omega c (M : R) n m p r (T : rnn R n m p)
    (W2 : 'M_(n, r)) (W3 : 'M_(r, n)) (W4 : 'M_r) (g : 'cV_r) H margin :
  0 <= L -> lipschitz L phi -> orthogonal (block_mx (trans T) W2 W3 W4) ->
  0 <= omega -> (forall v, norm (trans T *m v) <= omega * norm v) -> L * omega < 1 ->
  0 <= c -> (forall v, norm (outw T *m v) <= c * norm v) -> 0 <= delta ->
  let E := L * Num.sqrt r%:R * delta / (1 - L * omega) in
  state_bound phi M T H ->
  0 <= margin -> (H + E) ^+ 2 + r%:R * delta ^+ 2 <= margin ^+ 2 ->
  settled phi kappa delta z0 g (fun=> margin) ->
  forall x, admissible M x -> forall k,
    norm (output phi T x k - output phi (gated T W2 W3 W4 kappa g) x k) <= c * E.
Proof.
move=> L0 lip o o0 Wo q1 c0 Cc d0 E [Hi Hs] m0 mar far x adm k.
have q0 : 0 < 1 - L * omega by rewrite subr_gt0.
have E0 : 0 <= E by rewrite divr_ge0 ?(ltW q0) // !mulr_ge0 ?sqrtr_ge0.
have H0 : 0 <= H := le_trans (norm_ge0 _) Hi.
apply: (@gated_error_plain phi (fun z => `|phi z - kappa| <= delta) kappa delta L omega 1 c M E
  n m p r T W2 W3 W4 g (fun h => norm h <= H + E)) => //.
- by move=> v; rewrite mul1r; apply: orth_corner o.
- by rewrite mulr1 le_eqVlt; apply/orP; left; apply/eqP; rewrite /E; field; rewrite gt_eqF.
- by apply: le_trans Hi _; rewrite ler_addl.
- move=> {adm x k}x k v adm le; rewrite -[map_mx phi v](subrK (state phi T x k)) addrC.
  by apply: le_trans (normvD _ _) _; apply: ler_add => //; apply: Hs.
move=> h l hb lb; apply: settled_half far _ => i; apply: le_trans (norm_coord _ _) _.
have nl : norm l <= Num.sqrt r%:R * delta by apply: norm_le_const.
rewrite -norm_leb //; apply: le_trans mar.
have -> : sqnorm (W3 *m h + W4 *m l) = sqnorm (col_mx h l)
    - sqnorm (trans T *m h + W2 *m l).
  by rewrite -(sqnorm_orth _ o.1) mul_block_col [X in X - _]sqnorm_col_mx addrAC subrr add0r.
rewrite ler_subl_addr ler_paddr ?sqnorm_ge0 // sqnorm_col_mx; apply: ler_add.
  by rewrite (norm_leb _ _) // addr_ge0.
have r0 : 0 <= Num.sqrt r%:R * delta by rewrite mulr_ge0 ?sqrtr_ge0.
by rewrite -[r%:R]sqr_sqrtr ?ler0n // -exprMn (norm_leb _ r0).
Qed.

(** ** Constant on a half-line: the same outputs, whatever the Lipschitz constant and ||W||. The
    bias of an added unit is at least H beyond z0. *)
Theorem flat_offset phi kappa z0 L (M : R) n m p r (T : rnn R n m p)
    (W2 : 'M_(n, r)) (W3 : 'M_(r, n)) (W4 : 'M_r) (g : 'cV_r) H :
  lipschitz L phi -> orthogonal (block_mx (trans T) W2 W3 W4) ->
  (forall v, sqnorm (trans T *m v) <= sqnorm v) -> state_bound phi M T H ->
  ((forall z, z <= z0 -> phi z = kappa) /\ (forall i, g i 0 <= z0 - H)) \/
  ((forall z, z0 <= z -> phi z = kappa) /\ (forall i, z0 + H <= g i 0)) ->
  equivalent phi M T (gated T W2 W3 W4 kappa g).
Proof.
move=> lip o W1 [Hi Hs] flat x adm k.
have far : settled phi kappa 0 z0 g (fun=> H).
  case: flat => [][fl mar]; [left|right]; split=> [z /fl ->|i]; rewrite ?subrr ?normr0 //.
    by rewrite -ler_subr_addr.
  by rewrite ler_subr_addr.
have lip' : lipschitz `|L| phi.
  by move=> s t; apply: le_trans (lip s t) _; apply: ler_wpmul2r => //; apply: ler_norm.
apply/eqP; rewrite -subr_eq0; apply/eqP/sqnorm_eq0; rewrite -sqr_norm; apply/eqP.
rewrite sqrf_eq0 eq_le norm_ge0 andbT.
apply: (@le_trans _ _ (Num.sqrt (frob (outw T)) * 0)); last by rewrite mulr0.
apply: (@gated_error_plain phi (fun z => `|phi z - kappa| <= 0) kappa 0 `|L| 1 1
  (Num.sqrt (frob (outw T))) M 0 n m p r T W2 W3 W4 g (fun h => norm h <= H)) => //.
- by move=> v; rewrite mul1r ler_norm_norm.
- by move=> v; rewrite mul1r; apply: orth_corner o.
- by rewrite !mulr0 addr0.
- move=> {adm x k}x k v adm le; rewrite -[map_mx phi v](subrK (state phi T x k)).
  by apply: le_trans (normvD _ _) _; apply: le_trans (ler_add le (Hs x adm k)) _; rewrite add0r.
- move=> h l hb lb; apply: settled_half far _ => i.
  have -> : l = 0.
    by apply/matrixP=> a b; rewrite ord1 mxE; apply/eqP; rewrite -normr_le0; apply: lb.
  apply: le_trans (norm_coord _ _) _; apply: le_trans (orth_lower _ _ o) _.
  by rewrite norm0 addr0.
- exact: sqrtr_ge0.
exact: norm_mulmx.
Qed.
End GatedUnits.
