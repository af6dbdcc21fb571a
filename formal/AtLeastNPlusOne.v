(** * At least n + 1 states are needed.

    A contractive ReLU network with F, C of rank n that can be kept active for two steps has
    no equivalent orthogonal network with n states or fewer: with N = n all units would be
    active, so W would be similar to U; |det U| = 1 > |det W|. Two time steps and the open
    box of inputs are all that is used. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Dilation FirstOrder DimensionCount DifferentiablePoints
  Theorems_3_2_and_3_3 ComplexStates.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section LowerN1.
Variable R : rcfType.
Implicit Types (n m p N : nat).

Lemma sqnorm_delta n (i : 'I_n) (a : R) : sqnorm (a *: delta_mx i 0 : 'cV[R]_n) = a ^+ 2.
Proof.
rewrite sqnormZ /sqnorm (bigD1 i) //= mxE !eqxx expr1n big1 ?addr0 ?mulr1 // => l li.
by rewrite mxE (negPf li) expr0n.
Qed.

Lemma det_orthogonal n (U : 'M[R]_n) : orthogonal U -> `|\det U| = 1.
Proof.
case=> o _; have : \det U ^+ 2 = 1 by rewrite expr2 -{1}det_tr -det_mulmx o det1.
by move/eqP; rewrite sqrf_eq1 => /orP[] /eqP->; rewrite ?normrN normr1.
Qed.

Lemma det_contraction n (W : 'M[R]_n) : (0 < n)%N -> contraction W -> `|\det W| < 1.
Proof.
move=> n0 [rho [/andP[r0 r1] Wr]]; have [P [Q [d [oP oQ WE]]]] := svd W.
rewrite WE !det_mulmx det_tr !normrM (det_orthogonal oP) (det_orthogonal oQ) mul1r mulr1.
rewrite det_diag normr_prod.
have d1 i : `|d 0 i| <= rho.
  rewrite -(@ler_pexpn2r _ 2) ?nnegrE // real_normK ?num_real //.
  have := Wr (Q *m delta_mx i 0).
  rewrite (sqnorm_orth _ oQ.1) WE -!mulmxA (mulmxA Q^T) oQ.1 mul1mx (sqnorm_orth _ oP.1).
  have -> : diag_mx d *m (delta_mx i 0 : 'cV[R]_n) = d 0 i *: delta_mx i 0.
    apply/matrixP=> k l; rewrite mul_diag_mx !mxE.
    by have [->|_] := eqVneq k i; rewrite // !mulr0.
  by rewrite -[delta_mx i 0 in X in _ <= X]scale1r !sqnorm_delta expr1n mulr1.
case: n n0 W Wr P Q d oP oQ WE d1 => // n _ W Wr P Q d oP oQ WE d1.
rewrite (bigD1 ord0) //=; apply: (le_lt_trans _ (r1)); apply: le_trans (d1 ord0).
rewrite ler_pimulr ?normr_ge0 //.
apply: (@le_trans _ _ (\prod_(i < n.+1 | i != ord0) 1)); last by rewrite big1_eq.
by apply: ler_prod => i _; apply/andP; split; [exact: normr_ge0 | exact: le_trans (d1 i) (ltW r1)].
Qed.

Theorem at_least_n_plus_1 (M : R) n m p N (T : rnn R n m p) (T' : rnn R N m p) lo hi x0 :
  (0 < n)%N -> box lo hi x0 ->
  (forall x, box lo hi x -> admissible M x /\
     forall k i, (k <= 1)%N -> 0 < pre (@relu R) T x k i 0) ->
  \rank (inw T) = n -> \rank (outw T) = n -> contraction (trans T) ->
  orthogonal (trans T') -> equivalent (@relu R) M T T' ->
  (n + 1 <= N)%N.
Proof.
move=> n0 b0 act rF rC cW oU eqv; rewrite addn1 ltnNge; apply/negP => Nn.
pose reg : pred R := fun s => s != 0; pose slope (s : R) : R := (0 < s)%R%:R.
have rs s : reg s -> has_slope (@relu R) s (slope s) := @relu_slope R s.
apply: (stable_point (@relu_cont R) (@relu_isolated R) (T := T') (K := 1) _ b0) => x bx st.
have stT : stable (@relu R) reg T 1 x.
  move=> d sd; apply: near0_imp (box_near bx sd) => t bt.
  have full y : box lo hi y -> pat (@relu R) reg T 1 y = setT.
    move=> hy; apply/setP=> -[k i]; rewrite !inE /= /reg gt_eqF //.
    by have [_] := act y hy; apply; rewrite -ltnS.
  by rewrite !full.
pose P := gain (@relu R) slope reg T' x; pose Q := gain (@relu R) slope reg T x.
have Q1 k : (k <= 1)%N -> Q k = 1%:M.
  move=> kN; rewrite -diag_const_mx; congr diag_mx; apply/rowP=> i; rewrite [LHS]mxE [RHS]mxE.
  by have [_ /(_ k i kN) a] := act x bx; rewrite /reg /slope a gt_eqF.
have same d k : (k <= 1)%N -> (forall j, (1 < j)%N -> d j = 0) ->
    outw T' *m lin (trans T') (inw T') P d k = outw T *m lin (trans T) (inw T) Q d k.
  move=> kN sd; apply/matrixP=> i j; rewrite ord1 {j}.
  have h1 := mulmx_slope (outw T') (state_slope (@relu_cont R) rs (@relu_isolated R) st sd kN) i.
  have h2 := mulmx_slope (outw T) (state_slope (@relu_cont R) rs (@relu_isolated R) stT sd kN) i.
  have nr : near0 (fun t => (outw T *m state (@relu R) T (shift x d t) k) i 0
                         = (outw T' *m state (@relu R) T' (shift x d t) k) i 0).
    apply: near0_imp (box_near bx sd) => t bt.
    by have [ad _] := act _ bt; have := eqv _ ad k; rewrite /output => ->.
  by have [_ ->] := slope0_uniq h1 (slope0_near nr h2).
have /row_freeP[B CB] : row_free (outw T)^T by rewrite /row_free mxrank_tr rC.
pose D := B^T *m outw T'.
have BC : B^T *m outw T = 1%:M by rewrite -[outw T]trmxK -trmx_mul CB trmx1.
have hD d k : (k <= 1)%N -> (forall j, (1 < j)%N -> d j = 0) ->
    D *m lin (trans T') (inw T') P d k = lin (trans T) (inw T) Q d k.
  by move=> kN sd; rewrite -mulmxA same // mulmxA BC mul1mx.
have sgl (u : 'cV[R]_m) k j : (k <= 1)%N -> (1 < j)%N -> single u k j = 0.
  by move=> k1 j1; rewrite /single gtn_eqF // (leq_ltn_trans k1).
have ext a (A1 A2 : 'M[R]_(a, m)) : (forall u : 'cV[R]_m, A1 *m u = A2 *m u) -> A1 = A2.
  move=> h; apply/matrixP=> i j; have := h (delta_mx j 0); rewrite -!colE.
  by move/(congr1 (fun A : 'cV_a => A i 0)); rewrite !mxE.
have DPF k : (k <= 1)%N -> D *m P k *m inw T' = inw T.
  move=> k1; apply: ext => u; have := hD _ k k1 (fun j => sgl u k j k1).
  by rewrite !lin_single Q1 // mul1mx !mulmxA.
have rk k : (k <= 1)%N -> (n <= \rank (P k))%N.
  move=> k1; rewrite -{1}rF -(DPF k k1).
  by apply: leq_trans (mxrankM_maxl _ _) (mxrankM_maxr _ _).
have NE : N = n by apply/eqP; rewrite eqn_leq Nn (leq_trans (rk 0%N isT)) ?rank_leq_row.
have P1 k : (k <= 1)%N -> P k = 1%:M.
  move=> k1; have uP : P k \in unitmx.
    by rewrite -row_free_unit -row_leq_rank (leq_trans Nn) ?rk.
  rewrite -diag_const_mx; congr diag_mx; apply/rowP=> i; rewrite [LHS]mxE [RHS]mxE.
  move: uP; rewrite unitmxE det_diag unitfE => /prodf_neq0/(_ i isT); rewrite mxE.
  by case: ifP => // _; rewrite /slope; case: (0 < _) => //=; rewrite eqxx.
have DF : D *m inw T' = inw T by rewrite -(DPF 0%N) // P1 // mulmx1.
have DUF : D *m trans T' *m inw T' = trans T *m inw T.
  apply: ext => u; have := hD _ 1%N isT (fun j => sgl u 0%N j isT).
  by rewrite /= /single /= !P1 // !Q1 // !mul1mx !mulmx0 !addr0 !add0r !mulmxA.
subst N.
have uD : D \in unitmx.
  rewrite -row_free_unit -row_leq_rank -{1}rF -DF; exact: mxrankM_maxl.
have /row_freeP[X FX] : row_free (inw T) by rewrite /row_free rF.
have DU : D *m trans T' = trans T *m D.
  have FE : inw T' = invmx D *m inw T by rewrite -DF mulKmx.
  have := DUF; rewrite FE -!mulmxA => /(congr1 (mulmxr X)); rewrite /mulmxr /=.
  rewrite -!mulmxA FX !mulmx1 => e.
  by rewrite -[trans T]e -!mulmxA mulVmx // mulmx1.
have dU : \det (trans T') = \det (trans T).
  have := congr1 determinant DU; rewrite !det_mulmx [RHS]mulrC; apply: mulfI.
  by rewrite -unitfE -unitmxE.
by have := det_contraction n0 cW; rewrite -dU det_orthogonal // ltxx.
Qed.
End LowerN1.
