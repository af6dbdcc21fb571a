(** * Theorem 3.1 and its wide forms.

    The page of the paper: S1 is [Dilation.v]; S2, the rows of W3 are at most 1 long, and
    S3, the gate W3 h - H <= 0, are [orth_lower]; S4, a bound of all states, is
    [contraction_bound]; S5, the induction over time, is [shadow]. That one lemma also gives
    activations that are constant on a left half-line, and, within epsilon, those that only
    tend to a limit there. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Dilation.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** Two rearrangements of sums. *)
Lemma zmod_id1 (V : zmodType) (a b c d e : V) :
  a + b + c + (d - e) = a + c + d + (b - e).
Proof.
by rewrite !addrA; congr (_ - _); rewrite -!addrA; congr (_ + _); rewrite addrC -addrA.
Qed.

Lemma zmod_id2 (V : zmodType) (a a' f b w : V) :
  a - a' + w = (a + f + b + w) - (a' + f + b).
Proof.
rewrite [RHS]addrAC; congr (_ + _).
by rewrite -(addrA a) -(addrA a') opprD addrACA subrr addr0.
Qed.

Section Equivalence.
Variable R : rcfType.
Implicit Types (n m p r N : nat) (phi : R -> R).

(** [H] bounds every state that an admissible input can produce. *)
Definition state_bound phi M n m p (T : rnn R n m p) (H : R) : Prop :=
  norm (init T) <= H /\
  forall x, admissible M x -> forall k, norm (state phi T x k) <= H.

(** The network built from a dilation; [kappa] = value of phi far to the left,
    [H] = lower bias shift. *)
Definition dilate n m p r (T : rnn R n m p) W2 W3 W4 (kappa H : R)
  : rnn R (n + r) m p :=
  Rnn (block_mx (trans T) W2 W3 W4)
      (col_mx (inw T) 0)
      (col_mx (bias T - W2 *m const_mx kappa) (const_mx (- H)))
      (row_mx (outw T) 0)
      (col_mx (init T) (const_mx kappa)).

Lemma state_dilate phi n m p r (T : rnn R n m p) W2 W3 (W4 : 'M_r) kappa H x k :
  let T' := dilate T W2 W3 W4 kappa H in
  let prev := if k is k'.+1 then state phi T' x k' else init T' in
  state phi T' x k =
  col_mx (map_mx phi (trans T *m usubmx prev + inw T *m x k + bias T
                      + W2 *m (dsubmx prev - const_mx kappa)))
         (map_mx phi (W3 *m usubmx prev + W4 *m dsubmx prev + const_mx (- H))).
Proof.
set T' := dilate _ _ _ _ _ _; move=> T'_ prev.
have -> : state phi T' x k
        = map_mx phi (trans T' *m prev + inw T' *m x k + bias T') by case: k @prev.
rewrite -[in LHS](vsubmxK prev) /= mul_block_col mul_col_mx mul0mx !add_col_mx.
rewrite map_col_mx addr0; congr (col_mx (map_mx phi _) _).
by rewrite mulmxBr; apply: zmod_id1.
Qed.

(** S2 and S3. The lower block of an orthogonal matrix does not lengthen vectors, so the
    preactivation of a lower unit is at most |h| + |l|: a bias below that keeps it shut. *)
Lemma orth_lower n r (W : 'M[R]_n) W2 W3 (W4 : 'M_r) h l :
  orthogonal (block_mx W W2 W3 W4) ->
  norm (W3 *m h + W4 *m l) <= norm h + norm l.
Proof.
case=> o _; apply: (@le_trans _ _ (norm (col_mx h l))).
  rewrite ler_norm_norm -(sqnorm_orth _ o) mul_block_col [in leRHS]sqnorm_col_mx.
  by rewrite ler_addr sqnorm_ge0.
rewrite -[col_mx h l](_ : col_mx h 0 + col_mx 0 l = _).
  apply: le_trans (normvD _ _) _.
  by rewrite ler_add // ler_norm_norm sqnorm_col_mx sqnorm0 ?addr0 ?add0r.
by rewrite add_col_mx addr0 add0r.
Qed.

Lemma orth_corner n r (W : 'M[R]_n) W2 W3 (W4 : 'M_r) l :
  orthogonal (block_mx W W2 W3 W4) -> norm (W2 *m l) <= norm l.
Proof.
case=> o _; rewrite ler_norm_norm.
have -> : sqnorm l = sqnorm (col_mx (0 : 'cV_n) l) by rewrite sqnorm_col_mx sqnorm0 add0r.
rewrite -(sqnorm_orth _ o) mul_block_col sqnorm_col_mx !mulmx0 !add0r.
by rewrite ler_addl sqnorm_ge0.
Qed.

(** S5, by induction over time: the upper block of the dilated network shadows [T] within
    [E], and the lower one stays within [delta] of [kappa]. E = 0 is exact equivalence. *)
Lemma shadow phi M n m p r (T : rnn R n m p) W2 W3 (W4 : 'M_r) rho H kappa delta E B x :
  nonexpansive phi ->
  orthogonal (block_mx (trans T) W2 W3 W4) ->
  0 <= rho -> (forall v, norm (trans T *m v) <= rho * norm v) ->
  state_bound phi M T H ->
  0 <= delta -> (forall z, z <= B -> `|phi z - kappa| <= delta) ->
  0 <= E -> rho * E + Num.sqrt r%:R * delta <= E ->
  let H' := H + E + Num.sqrt r%:R * (`|kappa| + delta) - B in
  admissible M x ->
  forall k, norm (usubmx (state phi (dilate T W2 W3 W4 kappa H') x k)
                  - state phi T x k) <= E.
Proof.
move=> ne o rho0 Wr [Hi Hs] d0 tail E0 Er H' adm.
set T' := dilate _ _ _ _ _ _.
pose prev k := if k is k'.+1 then state phi T x k' else init T.
pose prev' k := if k is k'.+1 then state phi T' x k' else init T'.
have Hp k : norm (prev k) <= H by case: k => [|k] //=; apply: Hs.
have sT k : state phi T x k = map_mx phi (trans T *m prev k + inw T *m x k + bias T).
  by case: k.
(* one step *)
have step k : norm (usubmx (prev' k) - prev k) <= E ->
    (forall i, `|dsubmx (prev' k) i 0 - kappa| <= delta) ->
    norm (usubmx (state phi T' x k) - state phi T x k) <= E /\
    (forall i, `|dsubmx (state phi T' x k) i 0 - kappa| <= delta).
  set h' := usubmx _; set l' := dsubmx _ => IHu IHl.
  have nl : norm (l' - const_mx kappa) <= Num.sqrt r%:R * delta.
    by apply: norm_le_const => // i; rewrite !mxE; have := IHl i; rewrite !mxE.
  rewrite state_dilate -/(prev' k) -/h' -/l' col_mxKu; split.
    rewrite sT; apply: le_trans (norm_nonexp _ _ ne) _.
    rewrite -[X in norm X](_ : trans T *m (h' - prev k) + W2 *m (l' - const_mx kappa) = _).
      apply: le_trans (normvD _ _) _; apply: le_trans _ Er.
      apply: ler_add; last exact: le_trans (orth_corner _ o) nl.
      by apply: le_trans (Wr _) _; apply: ler_wpmul2l.
    by rewrite mulmxBr; apply: zmod_id2.
  move=> i; rewrite col_mxKd mxE; apply: tail.
  set z := W3 *m _ + W4 *m _; rewrite mxE [X in _ + X]mxE.
  have zn : z i 0 <= norm h' + norm l'.
    apply: le_trans (ler_norm _) _; apply: le_trans (norm_coord _ _) _.
    exact: orth_lower o.
  have hn : norm h' <= E + H.
    rewrite -(subrK (prev k) h'); apply: le_trans (normvD _ _) _.
    exact: ler_add.
  have ln : norm l' <= Num.sqrt r%:R * (`|kappa| + delta).
    rewrite -(subrK (const_mx kappa) l'); apply: le_trans (normvD _ _) _.
    by rewrite norm_const mulrDr addrC ler_add2l.
  rewrite -ler_subr_addr opprK; apply: le_trans zn _.
  have -> : B + H' = (E + H) + Num.sqrt r%:R * (`|kappa| + delta) by rewrite /H'; ring.
  exact: ler_add.
have init_ok : norm (usubmx (prev' 0%N) - prev 0%N) <= E /\
   (forall i, `|dsubmx (prev' 0%N) i 0 - kappa| <= delta).
  rewrite /= col_mxKu subrr norm0; split=> // i.
  by rewrite col_mxKd mxE subrr normr0.
move=> k; suff: norm (usubmx (state phi T' x k) - state phi T x k) <= E /\
   (forall i, `|dsubmx (state phi T' x k) i 0 - kappa| <= delta) by case.
elim: k => [|k [IHu IHl]]; first by case: init_ok; exact: (step 0%N).
exact: (step k.+1).
Qed.

(** State bound of a contractive network (S4), any non-expansive activation. *)
Lemma contraction_bound phi M n m p (T : rnn R n m p) rho :
  nonexpansive phi -> 0 <= rho < 1 ->
  (forall v, norm (trans T *m v) <= rho * norm v) ->
  exists H, state_bound phi M T H.
Proof.
move=> ne /andP[rho0 rho1] Wr.
pose c := Num.sqrt (frob (inw T)) * `|M| + norm (bias T) + norm (const_mx (phi 0) : 'cV[R]_n).
have c0 : 0 <= c by rewrite !addr_ge0 ?norm_ge0 ?mulr_ge0 ?sqrtr_ge0.
have d0 : 0 < 1 - rho by rewrite subr_gt0.
pose H := norm (init T) + c / (1 - rho).
have iH : norm (init T) <= H by rewrite ler_addl divr_ge0 // ltW.
have Hc : rho * H + c <= H.
  rewrite -ler_subr_addl -[X in X - _]mul1r -mulrBl mulrC -ler_pdivr_mulr //.
  by rewrite ler_addr norm_ge0.
exists H; split=> // x adm.
have step h k : norm h <= H ->
    norm (map_mx phi (trans T *m h + inw T *m x k + bias T)) <= H.
  move=> hH; apply: le_trans _ Hc.
  set z := _ + bias T.
  rewrite -[map_mx phi z](subrK (map_mx phi (0 : 'cV_n))).
  apply: le_trans (normvD _ _) _; rewrite /c addrA; apply: ler_add; last first.
    by rewrite le_eqVlt; apply/orP; left; apply/eqP; congr norm; apply/matrixP=> i j; rewrite !mxE.
  apply: le_trans (norm_nonexp _ _ ne) _; rewrite subr0 /z.
  apply: le_trans (normvD _ _) _; rewrite addrA ler_add2r.
  apply: le_trans (normvD _ _) _; apply: ler_add.
    by apply: le_trans (Wr _) _; apply: ler_wpmul2l.
  apply: le_trans (norm_mulmx _ _) _; apply: ler_wpmul2l; first exact: sqrtr_ge0.
  by rewrite -norm_leb // real_normK ?num_real // adm.
by elim=> [|k IH]; apply: step.
Qed.

Lemma contraction_norm n (W : 'M[R]_n) : contraction W ->
  exists2 rho, 0 <= rho < 1 & forall v, norm (W *m v) <= rho * norm v.
Proof.
case=> rho [/andP[r0 r1] Wr]; exists rho; first by rewrite r0.
by move=> v; rewrite -norm_le.
Qed.

(** ** Exact equivalence from a state bound: ||W|| <= 1, any activation that is
    non-expansive and constant on a left half-line. n + rank (I - W^T W) states. *)
Theorem flat_equivalence phi B kappa M n m p (T : rnn R n m p) H :
  nonexpansive phi -> (forall z, z <= B -> phi z = kappa) ->
  (forall v, sqnorm (trans T *m v) <= sqnorm v) ->
  state_bound phi M T H ->
  exists T' : rnn R (n + \rank (1%:M - (trans T)^T *m trans T)) m p,
    orthogonal (trans T') /\ equivalent phi M T T'.
Proof.
move=> ne flat W1 bH; have [W2 [W3 [W4 o]]] := dilation W1.
set r := \rank _ in W2 W3 W4 o *.
have Wr v : norm (trans T *m v) <= 1 * norm v by rewrite mul1r ler_norm_norm.
have flat' z : z <= B -> `|phi z - kappa| <= 0 by move/flat->; rewrite subrr normr0.
pose H' := H + 0 + Num.sqrt r%:R * (`|kappa| + 0) - B.
exists (dilate T W2 W3 W4 kappa H'); split=> // x adm k.
have := shadow ne o ler01 Wr bH (lexx 0) flat' (lexx 0) _ adm k.
rewrite -/H' !mulr0 addr0 => /(_ (lexx 0)) le0.
rewrite /output -[state _ (dilate _ _ _ _ _ _) x k]vsubmxK mul_row_col mul0mx addr0.
suff /eqP -> : usubmx (state phi (dilate T W2 W3 W4 kappa H') x k) == state phi T x k by [].
rewrite -subr_eq0; apply/eqP/sqnorm_eq0.
by rewrite -sqr_norm; apply/eqP; rewrite sqrf_eq0 eq_le le0 norm_ge0.
Qed.

(** ... and for a contraction the state bound is there. *)
Corollary flat_contraction phi B kappa M n m p (T : rnn R n m p) :
  nonexpansive phi -> (forall z, z <= B -> phi z = kappa) -> contraction (trans T) ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & equivalent phi M T T'].
Proof.
move=> ne flat /contraction_norm[rho r01 Wr].
have [H bH] := contraction_bound M ne r01 Wr.
have W1 v : sqnorm (trans T *m v) <= sqnorm v.
  rewrite -ler_norm_norm; apply: le_trans (Wr v) _.
  by rewrite ler_pimull ?norm_ge0 // ltW //; case/andP: r01.
have [T' [o eqv]] := flat_equivalence ne flat W1 bH.
by eexists; exists T'; split=> //; rewrite mul2n -addnn leq_add2l rank_leq_row.
Qed.

(** ** Constant on a right half-line: turn every sign. *)
Definition opposite n m p (T : rnn R n m p) : rnn R n m p :=
  Rnn (trans T) (- inw T) (- bias T) (- outw T) (- init T).

Lemma output_opposite phi n m p (T : rnn R n m p) x k :
  output (fun z => - phi (- z)) (opposite T) x k = output phi T x k.
Proof.
suff st : state (fun z => - phi (- z)) (opposite T) x k = - state phi T x k.
  by rewrite /output st /= mulmxN mulNmx opprK.
have step j h : map_mx (fun z => - phi (- z)) (trans T *m (- h) + (- inw T) *m x j - bias T)
            = - map_mx phi (trans T *m h + inw T *m x j + bias T).
  by rewrite mulmxN mulNmx -!opprD; apply/matrixP=> a b; rewrite !mxE opprK.
by elim: k => [|k IH] /=; rewrite ?IH step.
Qed.

Corollary flat_right_contraction phi B kappa M n m p (T : rnn R n m p) :
  nonexpansive phi -> (forall z, B <= z -> phi z = kappa) -> contraction (trans T) ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & equivalent phi M T T'].
Proof.
move=> ne flat ct; pose psi z := - phi (- z).
have nep : nonexpansive psi.
  move=> s t; rewrite /psi -opprD normrN; apply: le_trans (ne _ _) _.
  by rewrite -opprD normrN.
have fl z : z <= - B -> psi z = - kappa by move=> zB; rewrite /psi flat // ler_oppr.
have [N [T' [NN o eqv]]] := @flat_contraction psi (- B) (- kappa) M n m p (opposite T) nep fl ct.
exists N, (opposite T'); split=> // x adm k.
have unfold n' (S : rnn R n' m p) : output phi (opposite S) x k = output psi S x k.
  rewrite -(output_opposite phi); congr output; case: S => *; rewrite /opposite /= !opprK //.
by rewrite unfold -eqv // output_opposite.
Qed.

Lemma relu_nonexp : nonexpansive (@relu R).
Proof.
move=> s t; rewrite /relu.
have [s0|s0] := leP 0 s; have [t0|t0] := leP 0 t; rewrite ?subr0 ?sub0r ?subrr ?normr0 //.
- by rewrite ger0_norm // (le_trans _ (ler_norm _)) // ler_addl oppr_ge0 ltW.
- by rewrite normrN ger0_norm // distrC (le_trans _ (ler_norm _)) // ler_addl oppr_ge0 ltW.
Qed.

Lemma relu_flat z : z <= 0 -> relu z = 0 :> R.
Proof. by move=> z0; apply/max_idPl. Qed.

(** ** Theorem 3.1. A contractive ReLU network with n states has an equivalent network
    with orthogonal transition and at most 2n states. *)
Theorem theorem_3_1 (M : R) n m p (T : rnn R n m p) :
  contraction (trans T) ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & equivalent (@relu R) M T T'].
Proof. exact: flat_contraction relu_nonexp relu_flat. Qed.

(** ** Epsilon-equivalence for every saturating activation, for all times at once. *)
Theorem eps_equivalence phi kappa (M : R) n m p (T : rnn R n m p) :
  nonexpansive phi ->
  (forall delta, 0 < delta -> exists B, forall z, z <= B -> `|phi z - kappa| <= delta) ->
  contraction (trans T) ->
  forall eps, 0 < eps ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & close phi M eps T T'].
Proof.
move=> ne tail /contraction_norm[rho r01 Wr] eps eps0.
have [H bH] := contraction_bound M ne r01 Wr.
case/andP: r01 => rho0 rho1.
have W1 v : sqnorm (trans T *m v) <= sqnorm v.
  rewrite -ler_norm_norm; apply: le_trans (Wr v) _.
  by rewrite ler_pimull ?norm_ge0 // ltW.
have [W2 [W3 [W4 o]]] := dilation W1; set r := \rank _ in W2 W3 W4 o.
pose c := Num.sqrt (frob (outw T)); have c0 : 0 <= c := sqrtr_ge0 _.
pose E := eps / (c + 1).
have c1 : 0 < c + 1 by rewrite ltr_paddl ?ltr01.
have E0 : 0 < E by rewrite divr_gt0.
pose s := Num.sqrt r%:R : R; have s0 : 0 <= s := sqrtr_ge0 _.
have s1 : 0 < s + 1 by rewrite ltr_paddl ?ltr01.
pose delta := (1 - rho) * E / (s + 1).
have d0 : 0 < delta by rewrite divr_gt0 // mulr_gt0 // subr_gt0.
have [B tailB] := tail _ d0.
have Er : rho * E + s * delta <= E.
  have -> : s * delta = (1 - rho) * E * (s / (s + 1)) by rewrite /delta; field; rewrite gt_eqF.
  rewrite -ler_subr_addl -[X in X - _]mul1r -mulrBl ler_pimulr //.
    by apply: mulr_ge0; rewrite ?subr_ge0; apply: ltW.
  by rewrite ler_pdivr_mulr // mul1r ler_addl ler01.
have sh x adm k := shadow ne o rho0 Wr bH (ltW d0) tailB (ltW E0) Er (x := x) adm k.
pose H' := H + E + s * (`|kappa| + delta) - B.
exists (n + r)%N, (dilate T W2 W3 W4 kappa H'); split; last 1 first.
- move=> x adm k; rewrite (norm_leb _ (ltW eps0)).
  have := sh x adm k; rewrite -/s -/H'; set T' := dilate _ _ _ _ _ _ => shk.
  suff -> : output phi T x k - output phi T' x k
     = - (outw T *m (usubmx (state phi T' x k) - state phi T x k)).
    rewrite normvN; apply: le_trans (norm_mulmx _ _) _; rewrite -/c.
    apply: (@le_trans _ _ (c * E)); first exact: ler_wpmul2l.
    by rewrite /E mulrCA ler_pimulr ?(ltW eps0) // ler_pdivr_mulr // mul1r ler_addl ler01.
  rewrite /output -[in LHS](vsubmxK (state _ T' _ _)) mul_row_col mul0mx addr0.
  by rewrite mulmxBr opprB.
- by rewrite mul2n -addnn leq_add2l rank_leq_row.
- exact: o.
Qed.

(** ** Diagonal scaling: ReLU commutes with positive diagonal matrices, so it is enough
    that E W E^-1 is a contraction for some E = diag e > 0. *)
Definition rescale n m p (e : 'rV[R]_n) (T : rnn R n m p) : rnn R n m p :=
  let E := diag_mx e in let E' := diag_mx (\row_i (e 0 i)^-1) in
  Rnn (E *m trans T *m E') (E *m inw T) (E *m bias T) (outw T *m E') (E *m init T).

Lemma relu_scale n (e : 'rV[R]_n) (v : 'cV[R]_n) : (forall i, 0 < e 0 i) ->
  map_mx (@relu R) (diag_mx e *m v) = diag_mx e *m map_mx (@relu R) v.
Proof.
move=> e0; apply/matrixP=> i j; rewrite mxE !mul_diag_mx !mxE /relu.
by rewrite maxr_pmulr ?mulr0 // ltW.
Qed.

Lemma diag_mxVK n (e : 'rV[R]_n) : (forall i, 0 < e 0 i) ->
  diag_mx (\row_i (e 0 i)^-1) *m diag_mx e = 1%:M.
Proof.
move=> e0; rewrite mulmx_diag; apply/matrixP=> i j; rewrite !mxE; congr (_ *+ _).
by rewrite mulVf // gt_eqF.
Qed.

Lemma state_rescale n m p (e : 'rV[R]_n) (T : rnn R n m p) x k :
  (forall i, 0 < e 0 i) ->
  state (@relu R) (rescale e T) x k = diag_mx e *m state (@relu R) T x k.
Proof.
move=> e0; have EE := diag_mxVK e0; move: EE.
set E := diag_mx e; set E' := diag_mx (\row_i (e 0 i)^-1) => EE.
elim: k => [|k IH] /=; rewrite -(relu_scale _ e0) !mulmxDr !mulmxA.
  by rewrite -(mulmxA _ E') EE mulmx1.
by rewrite IH mulmxA -(mulmxA _ E') EE mulmx1.
Qed.

Lemma rescale_equivalent M n m p (e : 'rV[R]_n) (T : rnn R n m p) :
  (forall i, 0 < e 0 i) -> equivalent (@relu R) M T (rescale e T).
Proof.
by move=> e0 x _ k; rewrite /output state_rescale //= mulmxA -(mulmxA _ (diag_mx (\row_i _)))
  diag_mxVK // mulmx1.
Qed.

Theorem theorem_3_1_scaled (M : R) n m p (T : rnn R n m p) (e : 'rV[R]_n) :
  (forall i, 0 < e 0 i) -> contraction (trans (rescale e T)) ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n)%N, orthogonal (trans T') & equivalent (@relu R) M T T'].
Proof.
move=> e0 /(theorem_3_1 M)[N [T' [NN o eqv]]]; exists N, T'; split=> // x adm k.
by rewrite (rescale_equivalent T e0 adm) eqv.
Qed.

End Equivalence.
