(** * 2n - 1 states are enough unless W is diagonal.

    One unit i is scaled by t, t^2 = 1 + tau, where tau > 0 is the root of an explicit
    quadratic; no intermediate value theorem is needed, since
      |E v|^2 - |E W v|^2 = (|v|^2 - |W v|^2) + tau (v_i^2 - (W v)_i^2)
    is affine in tau, and the second bracket is a difference of two squares. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Dilation Theorem_3_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section ScaleOne.
Variable R : rcfType.
Implicit Types (n m p : nat).

(** ** The state bound of a rescaled network. *)
Lemma state_bound_rescale M n m p (e : 'rV[R]_n) (T : rnn R n m p) H :
  (forall i, 0 < e 0 i) -> state_bound (@relu R) M T H ->
  state_bound (@relu R) M (rescale e T) (Num.sqrt (frob (diag_mx e)) * H).
Proof.
move=> e0 [Hi Hs]; split=> [|x adm k]; rewrite ?state_rescale //=.
  by apply: le_trans (norm_mulmx _ _) _; apply: ler_wpmul2l; rewrite ?sqrtr_ge0.
by apply: le_trans (norm_mulmx _ _) _; apply: ler_wpmul2l; rewrite ?sqrtr_ge0 ?Hs.
Qed.

(** ** Wide form of Theorem 3.1: any positive diagonal scaling with ||E W E^-1|| <= 1,
    the state bound being that of the unscaled network. *)
Theorem scaled_equivalence M n m p (T : rnn R n m p) (e : 'rV[R]_n) H :
  (forall i, 0 < e 0 i) ->
  (forall v, sqnorm (trans (rescale e T) *m v) <= sqnorm v) ->
  state_bound (@relu R) M T H ->
  let A := trans (rescale e T) in
  exists T' : rnn R (n + \rank (1%:M - A^T *m A)) m p,
    orthogonal (trans T') /\ equivalent (@relu R) M T T'.
Proof.
move=> e0 A1 bH A.
have [T' [o eqv]] := flat_equivalence (@relu_nonexp R) (@relu_flat R) A1
  (state_bound_rescale e0 bH).
by exists T'; split=> // x adm k; rewrite (rescale_equivalent T e0 adm) eqv.
Qed.

(** ** A contraction that attains its norm has a singular defect. *)
Lemma rank_defect n (A : 'M[R]_n) (v : 'cV[R]_n) :
  (forall w : 'cV[R]_n, sqnorm (A *m w) <= sqnorm w) ->
  v != 0 -> sqnorm (A *m v) = sqnorm v -> (\rank (1%:M - A^T *m A)%R < n)%N.
Proof.
move=> A1 vn0 eqn; set D := 1%:M - _.
have DE w : (w^T *m D *m w) 0 0 = sqnorm w - sqnorm (A *m w).
  rewrite /D mulmxBr mulmx1 mulmxBl mxE [X in _ + X]mxE.
  by rewrite mulmxA -trmx_mul -mulmxA -!sqnormE.
have pD : psd D.
  split; first by rewrite /D linearB /= trmx_mul trmxK trmx1.
  by move=> w; rewrite DE subr_ge0.
have [r [L [fL LE]]] := psd_factor pD.
have Lv : L *m v = 0.
  by apply: sqnorm_eq0; rewrite sqnormE trmx_mul mulmxA -(mulmxA _ L^T) LE DE eqn subrr.
have Dv : D *m v = 0 by rewrite -LE -mulmxA Lv mulmx0.
rewrite ltn_neqAle rank_leq_row andbT; apply: contraNN vn0 => rD.
have uD : D \in unitmx by rewrite -row_free_unit -row_leq_rank (eqP rD).
by rewrite -(mulKmx uD v) Dv mulmx0.
Qed.

(** ** Difference of two squares: at the root of the quadratic the form touches 0. *)
Section TwoSquares.
Variables (n : nat) (a b : 'cV[R]_n).
Let al := sqnorm a. Let be := sqnorm b. Let ga := dot a b.
Hypothesis indep : 0 < al * be - ga ^+ 2.

Lemma two_squares : exists tau, exists2 b' : 'cV[R]_n,
  0 < tau /\ b' != 0 &
  (forall v, 0 <= sqnorm v + tau * dot a v ^+ 2 - tau * dot b v ^+ 2) /\
  sqnorm b' + tau * dot a b' ^+ 2 - tau * dot b b' ^+ 2 = 0.
Proof.
pose g := al * be - ga ^+ 2; have g0 : 0 < g := indep.
have al0 : 0 <= al := sqnorm_ge0 a.
pose s := Num.sqrt ((al - be) ^+ 2 + 4%:R * g).
have D0 : 0 <= (al - be) ^+ 2 + 4%:R * g.
  by rewrite addr_ge0 ?sqr_ge0 // mulr_ge0 ?ler0n // ltW.
have s2 : s ^+ 2 = (al - be) ^+ 2 + 4%:R * g by rewrite sqr_sqrtr.
pose tau := (al - be + s) / (2%:R * g).
have gn0 : g != 0 by rewrite gt_eqF.
have tau0 : 0 < tau.
  rewrite divr_gt0 ?mulr_gt0 ?ltr0n // -ltr_subl_addl sub0r.
  apply: le_lt_trans (ler_norm _) _; rewrite normrN -sqrtr_sqr ltr_sqrt //.
    by rewrite ltr_addl mulr_gt0 ?ltr0n.
  rewrite ltr_paddl ?sqr_ge0 // mulr_gt0 ?ltr0n //.
have quad : g * tau ^+ 2 = (al - be) * tau + 1.
  rewrite /tau; have -> : (al - be) * ((al - be + s) / (2%:R * g)) + 1
     = (((al - be) ^+ 2 + 4%:R * g) + (al - be) ^+ 2 + (al - be) * s *+ 2) / (4%:R * g).
    by rewrite mulr2n; field.
  by rewrite -s2 mulr2n; field.
have p0 : 0 < 1 + tau * al by rewrite ltr_spaddl ?ltr01 // mulr_ge0 // ltW.
have pn0 : 1 + tau * al != 0 by rewrite gt_eqF.
have tn0 : tau != 0 by rewrite gt_eqF.
have beE : be = tau^-1 + tau * ga ^+ 2 / (1 + tau * al).
  apply: (mulfI pn0); apply: (mulfI tn0).
  have -> : tau * ((1 + tau * al) * (tau^-1 + tau * ga ^+ 2 / (1 + tau * al)))
     = 1 + tau * al + tau ^+ 2 * ga ^+ 2 by field; rewrite pn0 tn0.
  have -> : tau * ((1 + tau * al) * be)
     = g * tau ^+ 2 + tau * be + tau ^+ 2 * ga ^+ 2 by rewrite /g; ring.
  by rewrite quad; ring.
pose c := tau * ga / (1 + tau * al).
pose b' : 'cV[R]_n := 1 *: b + (- c) *: a.
have dD (u v w : 'cV[R]_n) x y : dot u (x *: v + y *: w) = x * dot u v + y * dot u w.
  rewrite /dot !mulr_sumr -big_split /=; apply: eq_bigr => i _.
  by rewrite !mxE mulrDr (mulrCA _ x) (mulrCA _ y).
have ab' : dot a b' = ga / (1 + tau * al).
  rewrite dD -/ga -[dot a a]/(\sum_i _) (eq_bigr (fun i => a i 0 ^+ 2)) => [|i _]; last by rewrite expr2.
  by rewrite -/(sqnorm a) -/al /c; field.
have bb : dot b b = be by apply: eq_bigr => i _; rewrite expr2.
have bb' : dot b b' = tau^-1.
  by rewrite dD bb (dotC b a) -/ga beE /c; field; rewrite pn0 tn0.
have nb' : sqnorm b' = tau^-1 - tau * (ga / (1 + tau * al)) ^+ 2.
  rewrite sqnorm_comb -/be -/al (dotC b a) -/ga beE /c mulr2n; field.
  by rewrite pn0 tn0.
have key v : sqnorm v + tau * dot a v ^+ 2 - tau * dot b v ^+ 2
   = sqnorm (1 *: v + (- (tau * dot b v)) *: b')
     + tau * dot a (1 *: v + (- (tau * dot b v)) *: b') ^+ 2.
  rewrite dD ab' sqnorm_comb nb' [dot v b'](_ : _ = dot b v - c * dot a v); last first.
    by rewrite dD (dotC v b) (dotC v a); ring.
  by rewrite /c mulr2n; field; rewrite pn0 tn0.
exists tau, b'; split=> //.
- apply: contraTneq (tau0) => b'0; rewrite -[tau]invrK -bb' b'0.
  by rewrite /dot big1 ?invr0 ?ltxx // => i _; rewrite mxE mulr0.
- by move=> v; rewrite key addr_ge0 ?sqnorm_ge0 // mulr_ge0 ?sqr_ge0 // ltW.
by rewrite nb' ab' bb'; field; rewrite pn0 tn0.
Qed.
End TwoSquares.

(** ** The scaling. *)
Definition unit_scale n (i : 'I_n) (t : R) : 'rV[R]_n := \row_k (if k == i then t else 1).

Lemma sqnorm_unit_scale n (i : 'I_n) t (v : 'cV[R]_n) :
  sqnorm (diag_mx (unit_scale i t) *m v) = sqnorm v + (t ^+ 2 - 1) * v i 0 ^+ 2.
Proof.
rewrite /sqnorm (bigD1 i) //= [in RHS](bigD1 i) //= mul_diag_mx !mxE eqxx.
rewrite (eq_bigr (fun k => v k 0 ^+ 2)); last first.
  by move=> k kn; rewrite !mxE (negPf kn) mul1r.
rewrite exprMn; set S := \sum_(_ | _) _; set y := v i 0.
by ring.
Qed.

Lemma scale_to_norm_one n m p (T : rnn R n m p) (i j : 'I_n) :
  contraction (trans T) -> i != j -> trans T i j != 0 ->
  exists t, [/\ 0 < t,
    forall v, sqnorm (trans (rescale (unit_scale i t) T) *m v) <= sqnorm v &
    exists2 v, v != 0 &
      sqnorm (trans (rescale (unit_scale i t) T) *m v) = sqnorm v].
Proof.
set W := trans T; move=> cW ij Wij.
case: cW => rho [/andP[r0 r1] Wr].
pose G := 1%:M - W^T *m W.
have GE w : (w^T *m G *m w) 0 0 = sqnorm w - sqnorm (W *m w).
  rewrite /G mulmxBr mulmx1 mulmxBl mxE [X in _ + X]mxE.
  by rewrite mulmxA -trmx_mul -mulmxA -!sqnormE.
have rho2 : rho ^+ 2 < 1 by rewrite expr_lt1.
have pG : psd G.
  split; first by rewrite /G linearB /= trmx_mul trmxK trmx1.
  move=> w; rewrite GE subr_ge0; apply: le_trans (Wr w) _.
  by rewrite ler_pimull ?sqnorm_ge0 // ltW.
have [r [L [fL LE]]] := psd_factor pG.
have Linj (v : 'cV[R]_n) : L *m v = 0 -> v = 0.
  move=> Lv; apply: sqnorm_eq0; apply/eqP; rewrite eq_le sqnorm_ge0 andbT.
  have : sqnorm v - sqnorm (W *m v) = 0.
    by rewrite -GE -LE -!mulmxA Lv !mulmx0 mxE.
  move/eqP; rewrite subr_eq0 => /eqP vW.
  have := Wr v; rewrite -vW -subr_ge0 -[X in _ - X]mul1r -mulrBl => h.
  by rewrite -(@pmulr_rle0 _ (1 - rho ^+ 2)) ?subr_gt0 // -oppr_ge0 -mulNr opprB.
have rn : r = n.
  have rL : \rank L = r := eqP fL.
  apply/eqP; rewrite eqn_leq -{1}rL rank_leq_col /= -rL -mxrank_tr.
  rewrite row_leq_rank -kermx_eq0; apply/eqP/row_matrixP=> k; rewrite row0.
  apply: trmx_inj; rewrite trmx0; apply: Linj; apply: trmx_inj.
  rewrite trmx_mul trmxK trmx0 -row_mul (sub_kermxP _) ?row0 //.
subst r.
have uL : L \in unitmx by rewrite -row_free_unit.
have uLT : L^T \in unitmx by rewrite unitmx_tr.
pose a : 'cV[R]_n := invmx L^T *m delta_mx i 0.
pose b : 'cV[R]_n := invmx L^T *m (row i W)^T.
have La (v : 'cV[R]_n) : dot a (L *m v) = v i 0.
  rewrite dotE mulmxA /a trmx_mul -trmx_inv trmxK mulmxKV // trmx_delta.
  by rewrite -rowE mxE.
have Lb (v : 'cV[R]_n) : dot b (L *m v) = (W *m v) i 0.
  rewrite dotE mulmxA /b trmx_mul -trmx_inv !trmxK mulmxKV //.
  by rewrite -row_mul mxE.
have indep : 0 < sqnorm a * sqnorm b - dot a b ^+ 2.
  have an0 : 0 < sqnorm a.
    rewrite lt_neqAle sqnorm_ge0 andbT eq_sym; apply: contraT; rewrite negbK => /eqP/sqnorm_eq0 a0.
    have : L^T *m a = 0 by rewrite a0 mulmx0.
    rewrite /a mulKVmx // => /matrixP/(_ i 0); rewrite !mxE !eqxx => /eqP.
    by rewrite oner_eq0.
  rewrite -(pmulr_rgt0 _ an0).
  have <- : sqnorm (sqnorm a *: b + (- dot a b) *: a)
     = sqnorm a * (sqnorm a * sqnorm b - dot a b ^+ 2).
    by rewrite sqnorm_comb (dotC b a) mulr2n; ring.
  rewrite lt_neqAle sqnorm_ge0 andbT eq_sym; apply: contraT; rewrite negbK => /eqP/sqnorm_eq0 c0.
  have : L^T *m (sqnorm a *: b + (- dot a b) *: a) = 0 by rewrite c0 mulmx0.
  rewrite mulmxDr -!scalemxAr /a /b !mulKVmx // -/a -/b => /matrixP/(_ j 0).
  rewrite !mxE [j == i]eq_sym (negPf ij) mulr0 addr0 => /eqP.
  by rewrite mulf_eq0 (negPf Wij) gt_eqF.
have [tau [b' [tau0 b'n0] [pos zero]]] := two_squares indep.
pose t := Num.sqrt (1 + tau).
have t0 : 0 < t by rewrite sqrtr_gt0 addr_gt0 ?ltr01.
have t2 : t ^+ 2 - 1 = tau by rewrite sqr_sqrtr ?addr_ge0 ?ler01 ?ltW // addrC addrA addNr add0r.
pose E := diag_mx (unit_scale i t).
pose E' := diag_mx (\row_k (unit_scale i t 0 k)^-1).
have us k : 0 < unit_scale i t 0 k by rewrite mxE; case: ifP => _; rewrite ?ltr01.
have EE' : E *m E' = 1%:M.
  rewrite mulmx_diag; apply/matrixP=> k l; rewrite !mxE; congr (_ *+ _).
  by rewrite divff //; have := us k; rewrite mxE => /lt0r_neq0.
have E'E : E' *m E = 1%:M by apply: mulmx1C.
have diff (v : 'cV[R]_n) : sqnorm (E *m v) - sqnorm (E *m W *m E' *m (E *m v))
   = sqnorm (L *m v) + tau * dot a (L *m v) ^+ 2 - tau * dot b (L *m v) ^+ 2.
  rewrite -[E *m W *m E' *m _]mulmxA (mulmxA E') E'E mul1mx -mulmxA !sqnorm_unit_scale t2 La Lb.
  have -> : sqnorm (L *m v) = sqnorm v - sqnorm (W *m v).
    by rewrite -GE -LE sqnormE trmx_mul !mulmxA.
  by rewrite opprD addrACA addrA.
exists t; split=> //= [v|].
  rewrite -/E -/E' -/W -[v](_ : E *m (E' *m v) = v); last by rewrite mulmxA EE' mul1mx.
  by rewrite -subr_ge0 diff pos.
exists (E *m (invmx L *m b')).
  apply: contraNneq b'n0 => z; have := congr1 (mulmx E') z.
  rewrite mulmxA E'E mul1mx mulmx0 => /(congr1 (mulmx L)).
  by rewrite mulKVmx // mulmx0 => ->.
by apply/eqP; rewrite -/E -/E' -/W eq_sym -subr_eq0 diff mulKVmx // zero eqxx.
Qed.

(** ** Theorem A''. *)
Theorem theorem_2n_minus_1 (M : R) n m p (T : rnn R n m p) (i j : 'I_n) :
  contraction (trans T) -> i != j -> trans T i j != 0 ->
  exists N (T' : rnn R N m p),
    [/\ (N <= 2 * n - 1)%N, orthogonal (trans T') & equivalent (@relu R) M T T'].
Proof.
move=> cT ij Wij; have [rho r01 Wr] := contraction_norm cT.
have [H bH] := contraction_bound M (@relu_nonexp R) r01 Wr.
have [t [t0 A1 [v vn0 Av]]] := scale_to_norm_one cT ij Wij.
have us k : 0 < unit_scale i t 0 k by rewrite mxE; case: ifP => _; rewrite ?ltr01.
have [T' [o eqv]] := scaled_equivalence us A1 bH.
eexists; exists T'; split=> //.
have lt := rank_defect A1 vn0 Av.
by rewrite mul2n -addnn leq_subRL ?addn_gt0 1?(leq_ltn_trans _ lt) // addnCA leq_add2l.
Qed.
End ScaleOne.
